#include "query/engine/literal.h"

#include <utility>

#include "query/syntax/ast.h"
#include "query/syntax/parser.h"
#include "storage/base/status.h"

namespace skein {
namespace {

// The parser bounds the height of the tree, and so this recursion.
absl::StatusOr<Value> LiteralOf(const syntax::Expr& expr) {
  switch (expr.kind) {
    case syntax::ExprKind::kLiteral:
      return syntax::As<syntax::LiteralExpr>(expr).value;
    case syntax::ExprKind::kList: {
      ValueList list;
      for (const auto& item : syntax::As<syntax::ListExpr>(expr).items) {
        SKEIN_ASSIGN_OR_RETURN(Value v, LiteralOf(*item));
        list.push_back(std::move(v));
      }
      return Value::List(std::move(list));
    }
    case syntax::ExprKind::kMap: {
      ValueMap map;
      for (const auto& entry : syntax::As<syntax::MapExpr>(expr).entries) {
        SKEIN_ASSIGN_OR_RETURN(Value v, LiteralOf(*entry.value));
        map.emplace_back(entry.key.text, std::move(v));
      }
      return Value::Map(std::move(map));
    }
    default:
      return InvalidArgument("not a literal");
  }
}

}  // namespace

absl::StatusOr<Value> ParseLiteral(std::string_view text) {
  SKEIN_ASSIGN_OR_RETURN(syntax::ParsedExpression parsed, syntax::ParseExpression(text));
  return LiteralOf(*parsed.expr);
}

}  // namespace skein
