#include "query/engine/notices.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "absl/strings/str_format.h"
#include "query/bind/suggest.h"
#include "storage/base/status.h"
#include "storage/schema/catalog.h"

namespace skein {

namespace {

absl::StatusOr<bool> HasLabel(LabelId id, const Reader& reader, const Viewer& viewer) {
  SKEIN_ASSIGN_OR_RETURN(const uint64_t n, reader.CountNodes(viewer, id));
  return n > 0;
}

absl::StatusOr<bool> HasType(LinkTypeId id, const Reader& reader, const Viewer& viewer) {
  SKEIN_ASSIGN_OR_RETURN(const uint64_t n, reader.CountLinks(viewer, id));
  return n > 0;
}

absl::StatusOr<bool> IsKnown(const bind::NameUse& use, const Reader& reader, const Viewer& viewer,
                             procedures::VisibleKeyCache& keys) {
  const Catalog& catalog = reader.catalog();
  switch (use.kind) {
    case bind::NameUse::Kind::kLabel: {
      const auto id = catalog.FindLabel(use.name);
      if (!id.has_value()) return false;
      return HasLabel(*id, reader, viewer);
    }
    case bind::NameUse::Kind::kType: {
      const auto id = catalog.FindLinkType(use.name);
      if (!id.has_value()) return false;
      return HasType(*id, reader, viewer);
    }
    case bind::NameUse::Kind::kKey: {
      const auto id = catalog.FindKey(use.name);
      if (!id.has_value() || viewer.sees_all()) return id.has_value();
      return keys.Has(reader, viewer, *id);
    }
  }
  return true;
}

absl::StatusOr<std::string> SuggestionFor(const bind::NameUse& use, const Reader& reader,
                                          const Viewer& viewer, procedures::VisibleKeyCache& keys) {
  const Catalog& catalog = reader.catalog();
  bind::Suggestion suggestion(use.name);
  switch (use.kind) {
    case bind::NameUse::Kind::kLabel:
      for (uint32_t i = 0; i < catalog.label_count(); ++i) {
        SKEIN_ASSIGN_OR_RETURN(const bool has, HasLabel(LabelId{i}, reader, viewer));
        if (has) suggestion.Consider(catalog.Name(LabelId{i}));
      }
      break;
    case bind::NameUse::Kind::kType:
      for (uint32_t i = 0; i < catalog.link_type_count(); ++i) {
        SKEIN_ASSIGN_OR_RETURN(const bool has, HasType(LinkTypeId{i}, reader, viewer));
        if (has) suggestion.Consider(catalog.Name(LinkTypeId{i}));
      }
      break;
    case bind::NameUse::Kind::kKey: {
      SKEIN_ASSIGN_OR_RETURN(const auto visible, keys.Get(reader, viewer));
      for (const KeyId key : *visible) suggestion.Consider(catalog.Name(key));
      break;
    }
  }
  return suggestion.Text();
}

}  // namespace

absl::StatusOr<std::vector<Notice>> NoticesOf(const std::vector<bind::NameUse>& names,
                                              const Reader& reader, const Viewer& viewer,
                                              procedures::VisibleKeyCache& keys) {
  std::vector<Notice> out;
  for (const bind::NameUse& use : names) {
    SKEIN_ASSIGN_OR_RETURN(const bool known, IsKnown(use, reader, viewer, keys));
    if (known) continue;
    SKEIN_ASSIGN_OR_RETURN(const std::string nearest, SuggestionFor(use, reader, viewer, keys));
    Notice notice;
    switch (use.kind) {
      case bind::NameUse::Kind::kLabel:
        notice.code = "UnknownLabel";
        notice.text = "no node has the label `" + use.name + "`" + nearest;
        break;
      case bind::NameUse::Kind::kType:
        notice.code = "UnknownRelationshipType";
        notice.text = "no relationship has the type `" + use.name + "`" + nearest;
        break;
      case bind::NameUse::Kind::kKey:
        notice.code = "UnknownPropertyKey";
        notice.text = (viewer.sees_all() ? "nothing has a property `"
                                         : "nothing that was looked at has a property `") +
                      use.name + "`" + nearest;
        break;
    }
    notice.offset = use.position.offset;
    notice.line = use.position.line;
    notice.column = use.position.column;
    out.push_back(std::move(notice));
  }
  return out;
}

namespace {

void Foretell(const plan::Node& node, std::vector<Notice>* out) {
  using plan::NodeKind;
  const auto add = [out](const char* code, std::string text) {
    const bool told = std::any_of(out->begin(), out->end(),
                                  [code](const Notice& notice) { return notice.code == code; });
    if (!told) out->push_back({code, std::move(text)});
  };
  if (node.kind == NodeKind::kJoin && node.left_keys.empty() &&
      node.children[0]->estimated_rows > 1 && node.children[1]->estimated_rows > 1) {
    add("CartesianProduct",
        absl::StrFormat("parts of the pattern that nothing connects give all pairs of their rows, "
                        "about %.0f x %.0f",
                        node.children[0]->estimated_rows, node.children[1]->estimated_rows));
  }
  if ((node.kind == NodeKind::kVarExpand || node.kind == NodeKind::kRepeat) &&
      node.max == INT64_MAX) {
    add("UnboundedPath",
        "a path without an upper bound walks all ways through the graph: say how many hops");
  }
  for (const plan::NodePtr& child : node.children) Foretell(*child, out);
  for (const plan::ExprRef& e : plan::ExprsOf(node)) {
    bind::Walk(e, [out](const bind::Expr& expr) {
      const bool planned = expr.kind == bind::ExprKind::kSubquery && expr.subquery->plan != nullptr;
      if (planned) Foretell(*expr.subquery->plan, out);
      return true;
    });
  }
}

}  // namespace

std::vector<Notice> NoticesOf(const plan::Plan& plan, double estimated_work) {
  std::vector<Notice> out;
  Foretell(*plan.root, &out);
  if (estimated_work > kLongWork) {
    out.push_back({"EstimatedCost", absl::StrFormat("this may take long: about %.2g rows to handle",
                                                    estimated_work)});
  }
  return out;
}

std::vector<Notice> NoticesOf(const std::vector<syntax::OlderForm>& forms) {
  std::vector<Notice> out;
  for (const syntax::OlderForm& form : forms) {
    out.push_back(
        {"Deprecated",
         absl::StrFormat("%s is an older form; %s takes its place", form.what, form.instead),
         form.at.offset, form.at.line, form.at.column});
  }
  return out;
}

}  // namespace skein
