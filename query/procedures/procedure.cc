#include "query/procedures/procedure.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include "storage/base/status.h"

namespace skein::procedures {
namespace {

bool SameName(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    return std::tolower(static_cast<unsigned char>(x)) ==
           std::tolower(static_cast<unsigned char>(y));
  });
}

}  // namespace

void ProcedureRegistry::Add(ProcedureDef def) {
  SKEIN_CHECK(Find(def.name) == nullptr);
  SKEIN_CHECK(def.eval != nullptr);
  defs_.push_back(std::make_unique<const ProcedureDef>(std::move(def)));
}

const ProcedureDef* ProcedureRegistry::Find(std::string_view name) const {
  for (const auto& def : defs_) {
    if (SameName(def->name, name)) return def.get();
  }
  return nullptr;
}

std::string Signature(const ProcedureDef& def) {
  std::string out(def.name);
  out += "(";
  for (const ProcedureArg& arg : def.args) {
    if (out.back() != '(') out += ", ";
    out += std::string(arg.name);
    if (arg.missing) out += " = " + ToLiteral(*arg.missing);
    out += " :: " + functions::TypeName(arg.type);
  }
  out += ") :: (";
  for (const ProcedureColumn& column : def.columns) {
    if (out.back() != '(') out += ", ";
    out += std::string(column.name) + " :: " + functions::TypeName(column.type);
  }
  return out + ")";
}

}  // namespace skein::procedures
