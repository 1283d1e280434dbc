#include "storage/graph/link_page.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <map>
#include <optional>

#include "storage/base/status.h"
#include "storage/keys/value_codec.h"

namespace skein {
namespace {

// Version 1 had no stamps.
constexpr uint8_t kUnstamped = 1, kVersion = 2;
constexpr int64_t kUnits[] = {1, 1'000, 1'000'000};
constexpr int64_t kMicrosPerSecond = 1'000'000;

// Flags of a chunk.
enum : uint8_t { kFromNone = 0, kFromUnit = 1, kFromMicros = 2 };
// kToLengths: 0 where it is open, else one more than valid to less valid from.
enum : uint8_t { kToNone = 0, kToSame = 1, kToMicros = 2, kToLengths = 3 };
enum : uint8_t { kPolicies = 16, kForeignBatches = 32, kStamps = 64 };

// How a key's values are written.
enum Kind : uint8_t {
  kValues = 0,         // as values.md has them, one after the other
  kIntegers = 1,       // a column of numbers
  kFloats = 2,         // 8 bytes each
  kSecondsOfFrom = 3,  // INTEGER: valid-from in seconds
  kLocalOfFrom = 4,    // LOCAL DATETIME: valid-from, read as UTC
  kKindCount = 5,
};
enum : uint8_t { kSomeHaveIt = 64, kOwnSource = 128 };

bool IsSecondsOf(const Value& value, TimeUs from) {
  return value.kind() == ValueKind::kInteger && from != kTimeMin && from % kMicrosPerSecond == 0 &&
         value.integer() == from / kMicrosPerSecond;
}

LocalDateTime LocalOf(TimeUs from) {
  const int64_t part = ((from % kMicrosPerSecond) + kMicrosPerSecond) % kMicrosPerSecond;
  return {(from - part) / kMicrosPerSecond, static_cast<int32_t>(part * 1000)};
}

bool IsLocalOf(const Value& value, TimeUs from) {
  return value.kind() == ValueKind::kLocalDateTime && from != kTimeMin &&
         value.local_date_time() == LocalOf(from);
}

struct KeyValues {
  std::vector<uint32_t> places;
  std::vector<const PropertyEntry*> entries;
};

class ChunkEncoder {
 public:
  // `since`: of all; nullopt: each its own.
  ChunkEncoder(const LinkChanges& links, std::optional<Stamp> since) : since_(since) {
    for (const auto& [id, link] : links) {
      if (link == nullptr) {
        gone_.push_back(static_cast<char>(Raw(id) % kLinksPerPage));
      } else {
        links_.push_back(link);
      }
    }
  }

  std::string Encode() {
    if (!since_) {
      since_ = links_.empty() ? 0 : links_[0]->since;
      if (!All([this](const StoredLink& l) { return l.since == *since_; })) flags_ |= kStamps;
    }
    out_.assign(1, static_cast<char>(kVersion));
    AppendBe64(&out_, *since_);
    AppendVarint(&out_, links_.size());
    AppendVarint(&out_, gone_.size());
    out_ += gone_;
    if (links_.empty()) return std::move(out_);
    FindModes();
    out_.push_back(static_cast<char>(flags_));
    if ((flags_ & 3) == kFromUnit) {
      out_.push_back(static_cast<char>(unit_code_));
      AppendSigned(&out_, base_);
    }
    Columns();
    Keys();
    return std::move(out_);
  }

 private:
  template <typename Test>
  bool All(Test test) const {
    return std::all_of(links_.begin(), links_.end(), [&](const StoredLink* l) { return test(*l); });
  }

  void FindModes() {
    if (!All([](const StoredLink& l) { return l.record.valid.from == kTimeMin; })) {
      const bool some = !All([](const StoredLink& l) { return l.record.valid.from != kTimeMin; });
      flags_ |= some ? kFromMicros : kFromUnit;
    }
    int code = 2;
    base_ = links_[0]->record.valid.from;
    for (const StoredLink* link : links_) {
      base_ = std::min(base_, link->record.valid.from);
      while ((flags_ & 3) == kFromUnit && link->record.valid.from % kUnits[code] != 0) --code;
    }
    unit_code_ = static_cast<uint8_t>(code);
    unit_ = kUnits[code];
    if (!All([](const StoredLink& l) { return l.record.valid.to == kTimeMax; })) {
      const bool same =
          All([](const StoredLink& l) { return l.record.valid.to == l.record.valid.from; });
      flags_ |= static_cast<uint8_t>((same ? kToSame : kToLengths) << 2);
    }
    if (!All([](const StoredLink& l) {
          return Raw(l.record.policy) == 0 && Raw(l.from_policy) == 0 && Raw(l.to_policy) == 0;
        })) {
      flags_ |= kPolicies;
    }
    if (!All([](const StoredLink& l) {
          return Raw(l.record.source.batch) == Raw(l.record.id) >> 32;
        })) {
      flags_ |= kForeignBatches;
    }
  }

  template <typename Get>
  void Column(uint64_t base, Get get) {
    numbers_.clear();
    for (const StoredLink* link : links_) numbers_.push_back(get(*link));
    AppendNumbers(&out_, numbers_, base, Packing::kSmall);
  }

  void Columns() {
    Column(0, [](const StoredLink& l) { return Raw(l.record.id) % kLinksPerPage; });
    if ((flags_ & kStamps) != 0) Column(*since_, [](const StoredLink& l) { return l.since; });
    Column(0, [](const StoredLink& l) { return Raw(l.record.type); });
    Column(0, [](const StoredLink& l) { return Raw(l.record.from); });
    Column(0, [](const StoredLink& l) {
      return ZigZag(static_cast<int64_t>(Raw(l.record.to) - Raw(l.record.from)));
    });
    if ((flags_ & kPolicies) != 0) {
      Column(0, [](const StoredLink& l) { return Raw(l.record.policy); });
      Column(0, [](const StoredLink& l) { return Raw(l.from_policy); });
      Column(0, [](const StoredLink& l) { return Raw(l.to_policy); });
    }
    if ((flags_ & 3) == kFromUnit) {
      Column(static_cast<uint64_t>(base_ / unit_), [this](const StoredLink& l) {
        return static_cast<uint64_t>(l.record.valid.from / unit_);
      });
    } else if ((flags_ & 3) == kFromMicros) {
      Column(0, [](const StoredLink& l) { return static_cast<uint64_t>(l.record.valid.from); });
    }
    if ((flags_ >> 2 & 3) == kToLengths) {
      Column(0, [](const StoredLink& l) {
        const ValidTime& valid = l.record.valid;
        return valid.to == kTimeMax
                   ? 0
                   : static_cast<uint64_t>(valid.to) - static_cast<uint64_t>(valid.from) + 1;
      });
    }
    if ((flags_ & kForeignBatches) != 0) {
      Column(0, [](const StoredLink& l) { return Raw(l.record.source.batch); });
    }
    Column(0, [](const StoredLink& l) { return l.record.source.row; });
  }

  void Keys() {
    std::map<KeyId, KeyValues> keys;
    for (uint32_t i = 0; i < links_.size(); ++i) {
      for (const PropertyEntry& entry : links_[i]->record.properties) {
        keys[entry.key].places.push_back(i);
        keys[entry.key].entries.push_back(&entry);
      }
    }
    AppendVarint(&out_, keys.size());
    for (const auto& [key, values] : keys) Key(key, values);
  }

  uint8_t KindOf(const KeyValues& values) const {
    const auto all = [&](auto test) {
      for (size_t k = 0; k < values.entries.size(); ++k) {
        if (!test(values.entries[k]->value, links_[values.places[k]]->record.valid.from)) {
          return false;
        }
      }
      return true;
    };
    if (all(IsSecondsOf)) return kSecondsOfFrom;
    if (all(IsLocalOf)) return kLocalOfFrom;
    if (all([](const Value& v, TimeUs) { return v.kind() == ValueKind::kInteger; })) {
      return kIntegers;
    }
    if (all([](const Value& v, TimeUs) { return v.kind() == ValueKind::kFloat; })) return kFloats;
    return kValues;
  }

  void Key(KeyId key, const KeyValues& values) {
    const uint8_t kind = KindOf(values);
    const bool some = values.places.size() < links_.size();
    bool own = false;
    for (size_t k = 0; k < values.entries.size(); ++k) {
      own = own || values.entries[k]->source != links_[values.places[k]]->record.source;
    }
    AppendVarint(&out_, Raw(key));
    out_.push_back(static_cast<char>(kind | (some ? kSomeHaveIt : 0) | (own ? kOwnSource : 0)));
    if (some) {
      std::string bitmap((links_.size() + 7) / 8, '\0');
      for (const uint32_t place : values.places) {
        bitmap[place / 8] = static_cast<char>(bitmap[place / 8] | 1 << (place % 8));
      }
      out_ += bitmap;
    }
    const auto column = [&](auto get) {
      numbers_.clear();
      for (const PropertyEntry* entry : values.entries) numbers_.push_back(get(*entry));
      AppendNumbers(&out_, numbers_, 0, Packing::kSmall);
    };
    if (own) {
      column([](const PropertyEntry& e) { return Raw(e.source.batch); });
      column([](const PropertyEntry& e) { return e.source.row; });
    }
    if (kind == kIntegers) {
      column([](const PropertyEntry& e) { return static_cast<uint64_t>(e.value.integer()); });
    } else if (kind == kFloats) {
      for (const PropertyEntry* entry : values.entries) {
        const double real = entry->value.real();
        out_.append(reinterpret_cast<const char*>(&real), sizeof(real));
      }
    } else if (kind == kValues) {
      std::string text;
      for (const PropertyEntry* entry : values.entries) {
        // Checked when the value was set; a failure here is a bug.
        SKEIN_CHECK(AppendValue(entry->value, &text).ok());
      }
      AppendString(&out_, text);
    }
  }

  std::vector<const StoredLink*> links_;
  std::optional<Stamp> since_;
  std::string gone_;
  std::string out_;
  uint8_t flags_ = 0, unit_code_ = 0;
  int64_t base_ = 0, unit_ = 1;
  std::vector<uint64_t> numbers_;
};

}  // namespace

std::string EncodeLinkChunk(const LinkChanges& links, Stamp since) {
  return ChunkEncoder(links, since).Encode();
}
std::string EncodeLinkChunk(const LinkChanges& links) {
  return ChunkEncoder(links, std::nullopt).Encode();
}

std::shared_ptr<const LinkChunk> LinkChunk::Read(uint64_t page, std::string_view bytes) {
  std::shared_ptr<LinkChunk> chunk(new LinkChunk);
  return chunk->Parse(page, bytes) ? chunk : nullptr;
}

bool LinkChunk::Parse(uint64_t page, std::string_view bytes) {
  page_ = page;
  bytes_.reserve(bytes.size() + kNumbersPadding);
  bytes_.assign(bytes);
  bytes_.append(kNumbersPadding, '\0');
  ByteReader in(std::string_view(bytes_).substr(0, bytes.size()));
  const uint8_t version = in.Byte();
  if (version != kVersion && version != kUnstamped) return false;
  if (version == kVersion) stamp_ = in.Be64();
  n_ = in.Varint32();
  const std::string_view gone = in.String();
  if (!in.ok() || n_ > kLinksPerPage || gone.size() > kLinksPerPage) return false;
  gone_.assign(gone.begin(), gone.end());
  if (n_ == 0) return in.done();
  flags_ = in.Byte();
  if ((flags_ & 3) == kFromUnit) {
    const uint8_t unit = in.Byte();
    if (unit >= std::size(kUnits)) return false;
    time_unit_ = kUnits[unit];
    time_base_ = in.Signed();
  }
  if (!ParseColumns(&in)) return false;
  const uint32_t keys = in.Varint32();
  if (keys > in.left()) return false;
  keys_.reserve(keys);
  for (uint32_t i = 0; i < keys; ++i) {
    if (!ParseKey(&in)) return false;
  }
  return in.ok() && in.done();
}

bool LinkChunk::ReadColumn(ByteReader* in, Numbers* column) const {
  return ReadNumbers(in, column) && CheckNumbers(*column, n_);
}

bool LinkChunk::ParseColumns(ByteReader* in) {
  Numbers low;
  if (!ReadColumn(in, &low)) return false;
  std::array<uint64_t, kLinksPerPage> lows;
  DecodeNumbers(low, n_, 0, lows.data());
  for (uint32_t i = 0; i < n_; ++i) {
    if (lows[i] >= kLinksPerPage || (i > 0 && lows[i] <= lows[i - 1])) return false;
    low_.push_back(static_cast<uint8_t>(lows[i]));
  }
  if ((flags_ & kStamps) != 0 && !ReadColumn(in, &stamps_)) return false;
  if (!ReadColumn(in, &type_) || !ReadColumn(in, &from_) || !ReadColumn(in, &to_)) return false;
  if ((flags_ & kPolicies) != 0 && (!ReadColumn(in, &policy_) || !ReadColumn(in, &from_policy_) ||
                                    !ReadColumn(in, &to_policy_))) {
    return false;
  }
  const int from = flags_ & 3, to = flags_ >> 2 & 3;
  if (from > kFromMicros) return false;
  if (from != kFromNone && !ReadColumn(in, &since_)) return false;
  if (to >= kToMicros && !ReadColumn(in, &until_)) return false;
  if ((flags_ & kForeignBatches) != 0 && !ReadColumn(in, &batch_)) return false;
  return ReadColumn(in, &row_);
}

bool LinkChunk::ParseKey(ByteReader* in) {
  KeyColumn column;
  column.key = KeyId{in->Varint32()};
  const uint8_t bits = in->Byte();
  column.kind = bits & 63;
  column.own = (bits & kOwnSource) != 0;
  column.n = n_;
  if (!in->ok() || column.kind >= kKindCount) return false;
  if ((bits & kSomeHaveIt) != 0) {
    const std::string_view bitmap = in->Raw((n_ + 7) / 8);
    if (!in->ok()) return false;
    column.presence = reinterpret_cast<const uint8_t*>(bitmap.data());
    column.n = 0;
    for (uint32_t i = 0; i < n_; ++i) column.n += column.presence[i / 8] >> (i % 8) & 1;
    if (column.n == 0) return false;
  }
  const auto read = [&](Numbers* numbers) {
    return ReadNumbers(in, numbers) && CheckNumbers(*numbers, column.n);
  };
  if (column.own && (!read(&column.batch) || !read(&column.row))) return false;
  if (column.kind == kIntegers && !read(&column.numbers)) return false;
  if (column.kind == kFloats) column.values = in->Raw(size_t{8} * column.n);
  if (column.kind == kValues) column.values = in->String();
  if ((column.kind == kSecondsOfFrom || column.kind == kLocalOfFrom) && (flags_ & 3) == kFromNone) {
    return false;
  }
  if (!in->ok()) return false;
  if (column.kind == kValues) {
    ByteReader values(column.values);
    for (uint32_t i = 0; i < column.n; ++i) {
      if (!ReadValue(&values)) return false;
    }
    if (!values.ok() || !values.done()) return false;
  }
  keys_.push_back(column);
  return true;
}

LinkChunk::Says LinkChunk::Find(LinkId id, uint32_t* place) const {
  const auto low = static_cast<uint8_t>(Raw(id) % kLinksPerPage);
  const auto at = std::lower_bound(low_.begin(), low_.end(), low);
  if (at != low_.end() && *at == low) {
    *place = static_cast<uint32_t>(at - low_.begin());
    return Says::kPresent;
  }
  const bool gone = std::find(gone_.begin(), gone_.end(), low) != gone_.end();
  return gone ? Says::kGone : Says::kNothing;
}

TimeUs LinkChunk::FromAt(const uint64_t* raw, uint32_t i) const {
  switch (flags_ & 3) {
    case kFromNone:
      return kTimeMin;
    case kFromUnit:
      return static_cast<TimeUs>(raw[i] * static_cast<uint64_t>(time_unit_));
    default:
      return static_cast<TimeUs>(raw[i]);
  }
}

// All columns, decoded.
struct LinkChunk::Arrays {
  using Column = std::array<uint64_t, kLinksPerPage>;
  Column stamps{}, type, from, to, policy{}, from_policy{}, to_policy{}, since{}, until{}, batch{},
      row;

  explicit Arrays(const LinkChunk& c) {
    const auto decode = [&c](const Numbers& numbers, uint64_t base, Column* out) {
      DecodeNumbers(numbers, c.n_, base, out->data());
    };
    if ((c.flags_ & kStamps) != 0) decode(c.stamps_, c.stamp_, &stamps);
    decode(c.type_, 0, &type);
    decode(c.from_, 0, &from);
    decode(c.to_, 0, &to);
    if ((c.flags_ & kPolicies) != 0) {
      decode(c.policy_, 0, &policy);
      decode(c.from_policy_, 0, &from_policy);
      decode(c.to_policy_, 0, &to_policy);
    }
    const bool unit = (c.flags_ & 3) == kFromUnit;
    if ((c.flags_ & 3) != kFromNone) {
      decode(c.since_, unit ? static_cast<uint64_t>(c.time_base_ / c.time_unit_) : 0, &since);
    }
    if ((c.flags_ >> 2 & 3) >= kToMicros) decode(c.until_, 0, &until);
    if ((c.flags_ & kForeignBatches) != 0) decode(c.batch_, 0, &batch);
    decode(c.row_, 0, &row);
  }
};

// The values of a key of all links that have it, in order.
bool LinkChunk::ReadKeyValues(const KeyColumn& column, std::vector<Value>* values) const {
  values->clear();
  values->reserve(column.n);
  std::array<uint64_t, kLinksPerPage> numbers;
  if (column.kind == kIntegers) {
    DecodeNumbers(column.numbers, column.n, 0, numbers.data());
    for (uint32_t i = 0; i < column.n; ++i) {
      values->push_back(Value::Integer(static_cast<int64_t>(numbers[i])));
    }
  } else if (column.kind == kFloats) {
    for (uint32_t i = 0; i < column.n; ++i) {
      double real;
      std::memcpy(&real, column.values.data() + size_t{8} * i, sizeof(real));
      values->push_back(Value::Float(real));
    }
  } else if (column.kind == kValues) {
    ByteReader in(column.values);
    for (uint32_t i = 0; i < column.n; ++i) {
      std::optional<Value> value = ReadValue(&in);
      SKEIN_CHECK(value.has_value());  // was checked when the chunk was read
      values->push_back(*std::move(value));
    }
  } else {
    const bool unit = (flags_ & 3) == kFromUnit;
    DecodeNumbers(since_, n_, unit ? static_cast<uint64_t>(time_base_ / time_unit_) : 0,
                  numbers.data());
    for (uint32_t i = 0; i < n_; ++i) {
      if (column.presence != nullptr && (column.presence[i / 8] >> (i % 8) & 1) == 0) continue;
      const TimeUs from = FromAt(numbers.data(), i);
      values->push_back(column.kind == kSecondsOfFrom ? Value::Integer(from / kMicrosPerSecond)
                                                      : Value::Of(LocalOf(from)));
    }
  }
  return true;
}

void LinkChunk::Decode(std::span<const uint32_t> places, std::vector<StoredLink>* links) const {
  if (places.empty()) return;
  const Arrays a(*this);
  const size_t begin = links->size();
  for (const uint32_t i : places) {
    StoredLink& stored = links->emplace_back();
    LinkRecord& link = stored.record;
    link.id = LinkId{page_ * kLinksPerPage + low_[i]};
    link.type = LinkTypeId{static_cast<uint32_t>(a.type[i])};
    link.from = NodeId{a.from[i]};
    link.to = NodeId{a.from[i] + static_cast<uint64_t>(UnZigZag(a.to[i]))};
    link.policy = PolicyId{static_cast<uint32_t>(a.policy[i])};
    stored.from_policy = PolicyId{static_cast<uint32_t>(a.from_policy[i])};
    stored.to_policy = PolicyId{static_cast<uint32_t>(a.to_policy[i])};
    stored.since = (flags_ & kStamps) != 0 ? a.stamps[i] : stamp_;
    link.valid.from = FromAt(a.since.data(), i);
    const int to = flags_ >> 2 & 3;
    if (to == kToLengths && a.until[i] != 0) {
      link.valid.to = static_cast<TimeUs>(static_cast<uint64_t>(link.valid.from) + a.until[i] - 1);
    } else {
      link.valid.to = to == kToSame     ? link.valid.from
                      : to == kToMicros ? static_cast<TimeUs>(a.until[i])
                                        : kTimeMax;
    }
    link.source.batch = (flags_ & kForeignBatches) != 0
                            ? BatchId{static_cast<uint32_t>(a.batch[i])}
                            : BatchId{static_cast<uint32_t>(Raw(link.id) >> 32)};
    link.source.row = static_cast<uint32_t>(a.row[i]);
  }
  std::vector<Value> values;
  std::array<uint64_t, kLinksPerPage> batch, row;
  for (const KeyColumn& column : keys_) {
    ReadKeyValues(column, &values);
    if (column.own) {
      DecodeNumbers(column.batch, column.n, 0, batch.data());
      DecodeNumbers(column.row, column.n, 0, row.data());
    }
    uint32_t value = 0, k = 0;
    for (uint32_t i = 0; i < n_ && k < places.size(); ++i) {
      const bool has = column.presence == nullptr || (column.presence[i / 8] >> (i % 8) & 1) != 0;
      if (places[k] == i) {
        LinkRecord& link = (*links)[begin + k++].record;
        if (has) {
          PropertyEntry entry{column.key, std::move(values[value]), link.source};
          if (column.own) {
            entry.source = {BatchId{static_cast<uint32_t>(batch[value])},
                            static_cast<uint32_t>(row[value])};
          }
          link.properties.push_back(std::move(entry));
        }
      }
      value += has ? 1 : 0;
    }
  }
}

void LinkChunk::DecodeProperty(KeyId key, std::span<const uint32_t> places,
                               std::vector<Value>* out) const {
  const auto column =
      std::find_if(keys_.begin(), keys_.end(), [key](const KeyColumn& c) { return c.key == key; });
  if (column == keys_.end()) {
    out->resize(out->size() + places.size());
    return;
  }
  std::vector<Value> values;
  ReadKeyValues(*column, &values);
  if (column->presence == nullptr) {
    for (const uint32_t i : places) out->push_back(values[i]);
    return;
  }
  std::array<uint32_t, kLinksPerPage> rank;
  uint32_t n = 0;
  for (uint32_t i = 0; i < n_; ++i) {
    const bool has = (column->presence[i / 8] >> (i % 8) & 1) != 0;
    rank[i] = has ? n++ : UINT32_MAX;
  }
  for (const uint32_t i : places) {
    out->push_back(rank[i] == UINT32_MAX ? Value::Null() : values[rank[i]]);
  }
}

const LinkChunk* LinkPageView::Find(LinkId id, uint32_t* place) const {
  for (auto it = chunks.rbegin(); it != chunks.rend(); ++it) {
    const LinkChunk::Says says = (*it)->Find(id, place);
    if (says == LinkChunk::Says::kPresent) return it->get();
    if (says == LinkChunk::Says::kGone) return nullptr;
  }
  return nullptr;
}

std::vector<StoredLink> LinkPageView::All(uint64_t page) const {
  std::vector<StoredLink> links;
  std::vector<std::vector<uint32_t>> places(chunks.size());
  for (uint32_t low = 0; low < kLinksPerPage; ++low) {
    uint32_t place = 0;
    const LinkChunk* chunk = Find(LinkId{page * kLinksPerPage + low}, &place);
    if (chunk == nullptr) continue;
    for (size_t c = 0; c < chunks.size(); ++c) {
      if (chunks[c].get() == chunk) places[c].push_back(place);
    }
  }
  for (size_t c = 0; c < chunks.size(); ++c) chunks[c]->Decode(places[c], &links);
  std::sort(links.begin(), links.end(),
            [](const StoredLink& a, const StoredLink& b) { return a.record.id < b.record.id; });
  return links;
}

size_t LinkPageView::bytes() const {
  size_t bytes = sizeof(*this) + chunks.size() * sizeof(chunks[0]);
  for (const auto& chunk : chunks) bytes += chunk->bytes();
  return bytes;
}

}  // namespace skein
