#include "tests/cases/tck_value.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <vector>

#include "query/engine/literal.h"
#include "storage/base/status.h"

namespace skein::tck {
namespace {

std::string Quoted(const std::string& s) {
  std::string out = "'";
  for (const char c : s) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out + "'";
}

std::string FloatText(double v) {
  if (std::isnan(v)) return "NaN";
  if (std::isinf(v)) return v < 0 ? "-Inf" : "Inf";
  if (v == 0) return "0.0";
  char buffer[64];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, v, std::chars_format::scientific);
  return std::string(buffer, end.ptr) + "f";
}

std::string Joined(std::vector<std::string> parts, bool sort) {
  if (sort) std::sort(parts.begin(), parts.end());
  std::string out;
  for (const std::string& part : parts) out += (out.empty() ? "" : ", ") + part;
  return out;
}

std::string NodeText(std::vector<std::string> labels, const std::string& properties) {
  std::sort(labels.begin(), labels.end());
  std::string out = "(";
  for (const std::string& label : labels) out += ":" + label;
  return out + (properties == "{}" ? "" : " " + properties) + ")";
}

std::string LinkText(const std::string& type, const std::string& properties) {
  return "[:" + type + (properties == "{}" ? "" : " " + properties) + "]";
}

// Reads the notation; throws nothing: the first error stays.
class Reader {
 public:
  Reader(const std::string& text, bool any_order) : text_(text), any_order_(any_order) {}

  absl::StatusOr<std::string> Run() {
    std::string out = ReadValue(0);
    Blanks();
    if (ok_ && at_ != text_.size()) Fail("the end");
    if (!ok_) return InvalidArgument("TCK value: expected ", wanted_, " at ", at_, " in ", text_);
    return out;
  }

 private:
  static constexpr int kDepthMax = 100;

  void Fail(const char* wanted) {
    if (ok_) wanted_ = wanted;
    ok_ = false;
  }
  void Blanks() {
    while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_])) != 0) ++at_;
  }
  bool Eat(std::string_view s) {
    if (!std::string_view(text_).substr(at_).starts_with(s)) return false;
    at_ += s.size();
    return true;
  }
  void Need(std::string_view s, const char* wanted) {
    if (!Eat(s)) Fail(wanted);
  }
  std::string Name() {
    std::string out;
    if (Eat("`")) {
      while (at_ < text_.size() && text_[at_] != '`') out += text_[at_++];
      Need("`", "a backtick");
      return out;
    }
    while (at_ < text_.size()) {
      const auto c = static_cast<unsigned char>(text_[at_]);
      if (std::isalnum(c) == 0 && c != '_' && c != '$' && c < 0x80) break;
      out += text_[at_++];
    }
    if (out.empty()) Fail("a name");
    return out;
  }
  std::string Map(int depth) {
    Need("{", "{");
    std::vector<std::string> parts;
    Blanks();
    if (Eat("}")) return "{}";
    do {
      Blanks();
      std::string key = Name();
      Blanks();
      Need(":", ":");
      parts.push_back(key + ": " + ReadValue(depth + 1));
      Blanks();
    } while (ok_ && Eat(","));
    Need("}", "}");
    return "{" + Joined(std::move(parts), true) + "}";
  }
  std::string Properties(int depth) {
    Blanks();
    std::string out = at_ < text_.size() && text_[at_] == '{' ? Map(depth) : "{}";
    Blanks();
    return out;
  }
  std::string Node(int depth) {
    Need("(", "(");
    Blanks();
    std::vector<std::string> labels;
    while (ok_ && Eat(":")) {
      labels.push_back(Name());
      Blanks();
    }
    const std::string properties = Properties(depth);
    Need(")", ")");
    return NodeText(std::move(labels), properties);
  }
  std::string Link(int depth) {
    Need("[:", "[:");
    const std::string type = Name();
    const std::string properties = Properties(depth);
    Need("]", "]");
    return LinkText(type, properties);
  }
  std::string Path(int depth) {
    Need("<", "<");
    std::string out = "<" + Node(depth);
    while (ok_ && !Eat(">")) {
      const bool back = Eat("<-");
      if (!back) Need("-", "-");
      const std::string link = Link(depth);
      Need(back ? "-" : "->", "an arrow");
      out += (back ? "<-" : "-") + link + (back ? "-" : "->") + Node(depth);
    }
    return out + ">";
  }
  std::string List(int depth) {
    Need("[", "[");
    std::vector<std::string> parts;
    Blanks();
    if (Eat("]")) return "[]";
    do {
      parts.push_back(ReadValue(depth + 1));
      Blanks();
    } while (ok_ && Eat(","));
    Need("]", "]");
    return "[" + Joined(std::move(parts), any_order_) + "]";
  }
  std::string String() {
    std::string out;
    for (;;) {
      if (at_ >= text_.size()) {
        Fail("'");
        return out;
      }
      const char c = text_[at_++];
      if (c == '\'') return Quoted(out);
      if (c == '\\' && at_ < text_.size() && (text_[at_] == '\'' || text_[at_] == '\\')) {
        out += text_[at_++];
      } else {
        out += c;
      }
    }
  }
  std::string Number() {
    size_t end = at_;
    bool real = false;
    while (end < text_.size()) {
      const char c = text_[end];
      const bool sign =
          (c == '-' || c == '+') && (end == at_ || text_[end - 1] == 'e' || text_[end - 1] == 'E');
      if (std::isdigit(static_cast<unsigned char>(c)) == 0 && c != '.' && c != 'e' && c != 'E' &&
          !sign) {
        break;
      }
      real |= c == '.' || c == 'e' || c == 'E';
      ++end;
    }
    const std::string digits = text_.substr(at_, end - at_);
    if (digits.empty()) {
      Fail("a value");
      return "";
    }
    at_ = end;
    return real ? FloatText(std::strtod(digits.c_str(), nullptr)) : digits;
  }
  std::string ReadValue(int depth) {
    Blanks();
    if (!ok_ || depth > kDepthMax || at_ >= text_.size()) {
      Fail("a value");
      return "";
    }
    switch (text_[at_]) {
      case '\'':
        ++at_;
        return String();
      case '(':
        return Node(depth);
      case '<':
        return Path(depth);
      case '{':
        return Map(depth);
      case '[':
        return text_.compare(at_, 2, "[:") == 0 ? Link(depth) : List(depth);
      default:
        break;
    }
    for (const std::string_view word : {"null", "true", "false", "NaN"}) {
      if (Eat(word)) return std::string(word);
    }
    if (Eat("-Inf")) return "-Inf";
    if (Eat("Inf") || Eat("+Inf")) return "Inf";
    return Number();
  }

  const std::string& text_;
  bool any_order_;
  size_t at_ = 0;
  bool ok_ = true;
  const char* wanted_ = "";
};

class Printer {
 public:
  Printer(const Elements& elements, bool any_order) : elements_(elements), any_order_(any_order) {}

  std::string Text(const Value& v) const {
    switch (v.kind()) {
      case ValueKind::kNull:
        return "null";
      case ValueKind::kBoolean:
        return v.boolean() ? "true" : "false";
      case ValueKind::kInteger:
        return std::to_string(v.integer());
      case ValueKind::kFloat:
        return FloatText(v.real());
      case ValueKind::kString:
        return Quoted(v.string());
      case ValueKind::kList: {
        std::vector<std::string> parts;
        for (const Value& item : v.list()) parts.push_back(Text(item));
        return "[" + Joined(std::move(parts), any_order_) + "]";
      }
      case ValueKind::kMap:
        return Map(v.map());
      case ValueKind::kNode:
        return Node(v.node());
      case ValueKind::kLink:
        return Link(v.link());
      case ValueKind::kPath:
        return Path(v.path());
      case ValueKind::kPoint:
      case ValueKind::kBytes:
        return Quoted(ToLiteral(v));
      default:
        return Quoted(TemporalText(v));
    }
  }

 private:
  std::string Map(const ValueMap& map) const {
    std::vector<std::string> parts;
    for (const auto& [key, value] : map) parts.push_back(key + ": " + Text(value));
    return "{" + Joined(std::move(parts), true) + "}";
  }
  std::string Node(NodeId id) const {
    const NodeView& view = elements_.node(id);
    return NodeText(view.labels, Map(view.properties));
  }
  std::string Link(LinkId id) const {
    const LinkView& view = elements_.link(id);
    return LinkText(view.type, Map(view.properties));
  }
  std::string Path(const PathValue& path) const {
    std::string out = "<" + Node(path.nodes[0]);
    for (size_t i = 0; i < path.links.size(); ++i) {
      const bool forward = elements_.link(path.links[i]).from == elements_.node(path.nodes[i]).id;
      out += (forward ? "-" : "<-") + Link(path.links[i]) + (forward ? "->" : "-") +
             Node(path.nodes[i + 1]);
    }
    return out + ">";
  }

  const Elements& elements_;
  bool any_order_;
};

}  // namespace

absl::StatusOr<std::string> CanonOfText(const std::string& cell, bool any_list_order) {
  return Reader(cell, any_list_order).Run();
}

std::string CanonOf(const Value& v, const Elements& elements, bool any_list_order) {
  return Printer(elements, any_list_order).Text(v);
}

absl::StatusOr<Value> ParameterOf(const std::string& cell) { return ParseLiteral(cell); }

}  // namespace skein::tck
