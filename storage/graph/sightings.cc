#include "storage/graph/sightings.h"

#include <openssl/sha.h>

#include "storage/base/status.h"
#include "storage/graph/read_ops.h"
#include "storage/graph/snapshot_source.h"
#include "storage/keys/value_codec.h"

namespace skein {

std::string SightingContent(const StoredLink& link) {
  std::string text;
  AppendVarint(&text, Raw(link.record.type));
  AppendBe64(&text, Raw(link.record.from));
  AppendBe64(&text, Raw(link.record.to));
  AppendSigned(&text, link.record.valid.from);
  AppendSigned(&text, link.record.valid.to);
  AppendVarint(&text, Raw(link.record.policy));
  for (const PropertyEntry& property : link.record.properties) {
    AppendVarint(&text, Raw(property.key));
    SKEIN_CHECK(AppendValue(property.value, &text).ok());  // was checked when it was set
  }
  unsigned char digest[SHA256_DIGEST_LENGTH];
  ::SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest);
  return {reinterpret_cast<const char*>(digest), 16};
}

absl::Status FindStoredSightings(const SnapshotSource& source, std::vector<SightingProbe>* probes) {
  std::vector<NodeId> entities;
  std::vector<ValidTime> moments;
  for (SightingProbe& probe : *probes) {
    probe.found.reset();
    entities.push_back(probe.link.record.from);
    const TimeUs from = probe.link.record.valid.from;
    moments.push_back({from, from == kTimeMax ? kTimeMax : from + 1});
  }
  ExpandOptions options;
  options.direction = Direction::kOut;
  options.windows = moments;
  options.by_start = true;
  options.links = options.type = true;
  Budget budget;
  const Viewer viewer = Viewer::All();
  SKEIN_ASSIGN_OR_RETURN(const auto cursor,
                         read_ops::Expand(source, viewer, entities, options, budget));
  std::vector<LinkId> links;
  std::vector<uint32_t> of;
  ExpandBatch batch;
  for (;;) {
    SKEIN_ASSIGN_OR_RETURN(const bool more, cursor->Next(&batch));
    if (!more) break;
    for (size_t i = 0; i < batch.size(); ++i) {
      const LinkRecord& wanted = (*probes)[batch.source[i]].link.record;
      if (batch.neighbour[i] != wanted.to || batch.type[i] != wanted.type) continue;
      links.push_back(batch.link[i]);
      of.push_back(batch.source[i]);
    }
  }
  std::vector<LinkPtr> found;
  SKEIN_RETURN_IF_ERROR(source.Links(links, &found));
  for (size_t i = 0; i < found.size(); ++i) {
    SightingProbe& probe = (*probes)[of[i]];
    if (probe.found || found[i] == nullptr) continue;
    if (SightingContent(*found[i]) == SightingContent(probe.link)) probe.found = links[i];
  }
  return absl::OkStatus();
}

}  // namespace skein
