#include "server/live/chart.h"

#include <algorithm>
#include <cmath>

#include "storage/base/status.h"

namespace skein::live {
namespace {

constexpr size_t kTextBytesMax = 16'000;  // 4,000 characters of up to 4 bytes
constexpr size_t kTextCharactersMax = 4'000;
constexpr double kPositionMax = 1e7;

bool IsWord(std::string_view text, size_t least, size_t most) {
  return text.size() >= least && text.size() <= most &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '_' || c == '-';
         });
}

bool IsGraphId(std::string_view text) {
  return text.size() >= 2 && text.size() <= 20 && (text[0] == 'n' || text[0] == 'l') &&
         std::all_of(text.begin() + 1, text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool IsText(const Json& v) {
  if (!v.is_string() || v.string().size() > kTextBytesMax) return false;
  const auto characters = std::count_if(v.string().begin(), v.string().end(),
                                        [](char c) { return (c & 0xC0) != 0x80; });
  return static_cast<size_t>(characters) <= kTextCharactersMax;
}

bool IsPosition(const Json& v) {
  const auto coordinate = [&](std::string_view key) {
    const Json* c = v.Find(key);
    return c != nullptr && c->is_number() && std::isfinite(c->number()) &&
           std::fabs(c->number()) <= kPositionMax;
  };
  return v.is_object() && v.object().size() == 2 && coordinate("x") && coordinate("y");
}

bool IsColor(const Json& v) {
  return v.is_string() && v.string().size() == 7 && v.string()[0] == '#' &&
         v.string().find_first_not_of("0123456789abcdef", 1) == std::string::npos;
}

// The properties of each kind of element, by the first letter: n, l or note.
bool IsPropertyOf(std::string_view element, std::string_view property) {
  if (property == "shown" || property == "color") return true;
  const bool note = element.starts_with("note:");
  if (property == "text") return note;
  if (property == "comment") return !note;
  return (property == "position" || property == "pinned") && element[0] == 'n';
}

bool IsValueOf(std::string_view property, const Json& value) {
  if (value.is_null()) return true;
  if (IsTextProperty(property)) return IsText(value);
  if (property == "position") return IsPosition(value);
  if (property == "color") return IsColor(value);
  return value.is_boolean();
}

}  // namespace

std::optional<std::string_view> GraphElement(std::string_view element) {
  if (IsGraphId(element)) return element;
  if (!element.starts_with("note:")) return std::nullopt;
  element.remove_prefix(5);
  const size_t at = element.find('@');
  if (!IsWord(element.substr(0, at), 1, 64)) return std::nullopt;
  if (at == std::string_view::npos) return std::string_view();
  const std::string_view target = element.substr(at + 1);
  if (!IsGraphId(target)) return std::nullopt;
  return target;
}

bool IsTextProperty(std::string_view property) {
  return property == "text" || property == "comment";
}

absl::Status ValidateOp(const Op& op) {
  if (!IsWord(op.op_id, 8, 64)) return InvalidArgument("op_id is not 8 to 64 of [A-Za-z0-9_-]");
  if (!GraphElement(op.element)) return InvalidArgument("element is not an id of a chart");
  if (!IsPropertyOf(op.element, op.property)) {
    return InvalidArgument("element has no property \"", op.property.substr(0, 32), "\"");
  }
  if (!IsValueOf(op.property, op.value)) {
    return InvalidArgument("value does not fit the property ", op.property);
  }
  if (op.base < 0) return InvalidArgument("base is negative");
  return absl::OkStatus();
}

absl::StatusOr<Op> ReadOp(const Json& json) {
  const Json* op_id = json.Find("op_id");
  const Json* element = json.Find("element");
  const Json* property = json.Find("property");
  const Json* value = json.Find("value");
  const Json* base = json.Find("base");
  const Json* undo = json.Find("undo");
  const auto text = [](const Json* v) { return v != nullptr && v->is_string(); };
  if (!text(op_id) || !text(element) || !text(property) || value == nullptr) {
    return InvalidArgument("an op needs op_id, element, property and value");
  }
  if ((base != nullptr && !base->is_integer()) || (undo != nullptr && !undo->is_boolean())) {
    return InvalidArgument("an op's base is an integer and undo a boolean");
  }
  return Op{op_id->string(),
            element->string(),
            property->string(),
            *value,
            base == nullptr ? 0 : base->integer(),
            undo != nullptr && undo->boolean()};
}

const Entry* Chart::Find(std::string_view element, std::string_view property) const {
  const auto properties = elements_.find(element);
  if (properties == elements_.end()) return nullptr;
  const auto entry = properties->second.find(property);
  return entry == properties->second.end() ? nullptr : &entry->second;
}

void Chart::Apply(const Event& event) {
  const auto [entry, created] = elements_[event.element].try_emplace(event.property);
  entries_ += created ? 1 : 0;
  entry->second = {event.value, event.seq, event.person, event.unit, event.time_us};
}

}  // namespace skein::live
