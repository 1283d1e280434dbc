#include "importers/cli/profile.h"

#include <algorithm>

#include "absl/hash/hash.h"
#include "importers/core/record.h"
#include "importers/core/summary.h"
#include "storage/base/status.h"

namespace skein {
namespace {

struct Candidate {
  FieldType type;
  const char* format;
};

// In order of preference: the first that fits all values is the guess.
constexpr Candidate kCandidates[] = {
    {FieldType::kBoolean, ""},
    {FieldType::kDate, "%Y%m%d"},
    {FieldType::kInteger, ""},
    {FieldType::kFloat, ""},
    {FieldType::kDate, ""},
    {FieldType::kDate, "%Y/%m/%d"},
    {FieldType::kDate, "%d/%m/%Y"},
    {FieldType::kDate, "%d.%m.%Y"},
    {FieldType::kDate, "%Y年%m月%d日"},
    {FieldType::kLocalDateTime, ""},
    {FieldType::kLocalDateTime, "%Y/%m/%d %H:%M"},
    {FieldType::kLocalDateTime, "%Y/%m/%d %H:%M:%E*S"},
    {FieldType::kLocalDateTime, "%d/%m/%Y %H:%M"},
    {FieldType::kLocalDateTime, "%d.%m.%Y %H:%M"},
    {FieldType::kLocalDateTime, "%Y%m%d%H%M%S"},
    {FieldType::kDateTime, ""},
    {FieldType::kLocalTime, ""},
};

FieldSpec SpecOf(const Candidate& candidate) {
  FieldSpec spec;
  spec.type = candidate.type;
  if (*candidate.format != '\0') spec.formats = {candidate.format};
  return spec;
}

const std::vector<FieldSpec>& Specs() {
  static const auto* const kSpecs = [] {
    auto* specs = new std::vector<FieldSpec>();
    for (const Candidate& candidate : kCandidates) specs->push_back(SpecOf(candidate));
    return specs;
  }();
  return *kSpecs;
}

bool IsNull(const RawField& field) {
  return field.kind == RawKind::kMissing || field.kind == RawKind::kJsonNull || field.text.empty();
}

}  // namespace

ColumnProfile::ColumnProfile(std::string name)
    : name_(std::move(name)), fits_(std::size(kCandidates), true) {}

void ColumnProfile::Add(const RawField& field) {
  if (++rows_ > kRowsMax) {
    nulls_ += IsNull(field);
    return;
  }
  if (IsNull(field)) {
    ++nulls_;
    return;
  }
  longest_ = std::max(longest_, field.text.size());
  const uint64_t hash = absl::Hash<absl::string_view>()(ToAbsl(field.text));
  repeated_ = !seen_.insert(hash).second || repeated_;
  if (distinct_.size() <= kDistinctMax && distinct_.insert(hash).second &&
      samples_.size() < kSamplesMax) {
    samples_.push_back(Excerpt(field.text, 60));
  }
  for (size_t i = 0; i < fits_.size(); ++i) {
    if (fits_[i]) fits_[i] = Convert(Specs()[i], field, absl::UnixEpoch()).reason.empty();
  }
}

ColumnProfile::Guess ColumnProfile::guess() const {
  if (nulls_ == rows_) return {};
  for (size_t i = 0; i < fits_.size(); ++i) {
    if (!fits_[i]) continue;
    // Eight digits that all are days are more likely days than numbers only if there are several.
    const bool digits_as_date = i == 1 && distinct_.size() < 3;
    if (!digits_as_date) return {kCandidates[i].type, kCandidates[i].format};
  }
  return {};
}

std::string ColumnProfile::Json() const {
  const Guess made = guess();
  std::string out =
      "{\"name\": " + JsonString(name_) + ", \"type\": " + JsonString(FieldTypeName(made.type));
  if (!made.format.empty()) out += ", \"format\": " + JsonString(made.format);
  out += internal::Join(", \"rows\": ", rows_, ", \"nulls\": ", nulls_, ", \"distinct\": ",
                        distinct_.size() > kDistinctMax
                            ? "\"more than " + std::to_string(kDistinctMax) + "\""
                            : std::to_string(distinct_.size()),
                        ", \"longest\": ", longest_, ", \"samples\": [");
  for (size_t i = 0; i < samples_.size(); ++i) {
    if (i > 0) out += ", ";
    out += JsonString(samples_[i]);
  }
  return out + "]}";
}

}  // namespace skein
