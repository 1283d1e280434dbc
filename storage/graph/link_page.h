// Link pages: the records of 256 neighbouring link ids, in columns.
//
// Shape     A page is a list of chunks in order of writing: what a later chunk says of a link
//           replaces what an earlier one said; folding makes one chunk of a list. A chunk holds the
//           links it speaks of by columns: type, ends, policies, valid time, source, and a column
//           for each property key. What is the same everywhere, or follows from the id or the valid
//           time, takes no bytes.
// Errors    LinkChunk::Read checks all of a chunk once and gives nullptr for anything malformed.
// Threads   Chunks and pages are immutable.
// Cost      A record of one link decodes the page's columns: about a microsecond; one property of
//           many links of a page decodes one column.
// Source    docs/formats/graph.md
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "storage/graph/records.h"
#include "storage/keys/layout.h"
#include "storage/keys/numbers.h"

namespace skein {

// Links of one page, ascending by id; nullptr: deleted.
using LinkChanges = std::vector<std::pair<LinkId, const StoredLink*>>;
// The stamp of all of them, at kStampAt.
std::string EncodeLinkChunk(const LinkChanges& links, Stamp since);
// Each with its own.
std::string EncodeLinkChunk(const LinkChanges& links);

class LinkChunk {
 public:
  static std::shared_ptr<const LinkChunk> Read(uint64_t page, std::string_view bytes);

  // What the chunk says of a link: its place, or that it is gone, or nothing.
  enum class Says : uint8_t { kNothing, kGone, kPresent };
  Says Find(LinkId id, uint32_t* place) const;
  uint32_t size() const { return n_; }  // links present
  const std::vector<uint8_t>& gone() const { return gone_; }

  // Records of the links at `places` (ascending), appended.
  void Decode(std::span<const uint32_t> places, std::vector<StoredLink>* links) const;
  // One property of the links at `places`, appended; null where a link has none.
  void DecodeProperty(KeyId key, std::span<const uint32_t> places, std::vector<Value>* out) const;
  size_t bytes() const { return sizeof(*this) + bytes_.capacity() + keys_.capacity() * 96; }

 private:
  // A property key's column.
  struct KeyColumn {
    KeyId key{};
    uint8_t kind = 0;
    uint32_t n = 0;                     // links that have it
    const uint8_t* presence = nullptr;  // bitmap; nullptr: all have it
    bool own = false;                   // it has a source of its own
    Numbers batch, row;
    Numbers numbers;
    std::string_view values;
  };
  struct Arrays;

  LinkChunk() = default;
  bool Parse(uint64_t page, std::string_view bytes);
  bool ParseColumns(ByteReader* in);
  bool ParseKey(ByteReader* in);
  bool ReadColumn(ByteReader* in, Numbers* column) const;
  TimeUs FromAt(const uint64_t* raw, uint32_t i) const;
  bool ReadKeyValues(const KeyColumn& column, std::vector<Value>* values) const;

  uint64_t page_ = 0;
  std::string bytes_;  // padded
  uint32_t n_ = 0;
  uint8_t flags_ = 0;
  int64_t time_base_ = 0, time_unit_ = 1;
  Stamp stamp_ = 0;
  std::vector<uint8_t> gone_, low_;
  Numbers stamps_, type_, from_, to_, policy_, from_policy_, to_policy_, since_, until_, batch_,
      row_;
  std::vector<KeyColumn> keys_;
};

// One page as of a version on, newest chunk last.
struct LinkPageView {
  std::vector<std::shared_ptr<const LinkChunk>> chunks;
  // The chunk that has the link, and its place there; nullptr: there is no such link.
  const LinkChunk* Find(LinkId id, uint32_t* place) const;
  // All links, ascending by id.
  std::vector<StoredLink> All(uint64_t page) const;
  size_t bytes() const;
};

}  // namespace skein
