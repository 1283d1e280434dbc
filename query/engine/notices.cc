#include "query/engine/notices.h"

#include <utility>

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

}  // namespace skein
