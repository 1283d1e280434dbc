// Elements and values as the API's JSON; openapi.yaml, "components".
//
// Threads   Pure functions.
#pragma once

#include "query/engine/explore.h"
#include "server/api/json.h"
#include "server/api/values.h"
#include "server/auth/gate.h"

namespace skein::http {

ElementIds IdsOf(Engine& engine);

void Write(const NodeCard& card, const ElementIds& ids, JsonWriter* out);
void Write(const LinkCard& card, const ElementIds& ids, JsonWriter* out);
void WriteRef(const NodeCard& card, JsonWriter* out);
// The members "nodes" and "links" of the object that is open.
void WriteMembers(const Cards& cards, const ElementIds& ids, JsonWriter* out);
void Write(const ElementFacts& facts, const ElementIds& ids, JsonWriter* out);
void Write(const ExpandAnswer& answer, const ElementIds& ids, JsonWriter* out);
void Write(const SightingCard& sighting, const ElementIds& ids, JsonWriter* out);
void WriteProperties(const ValueMap& properties, const ElementIds& ids, JsonWriter* out);
void Write(const Batch& batch, JsonWriter* out);

void Write(const auth::Access& access, JsonWriter* out);
void Write(const auth::Case& c, JsonWriter* out);
void Write(const auth::AuditEntry& entry, JsonWriter* out);

inline std::string NodeText(int64_t id) { return "n" + std::to_string(id); }
inline std::string LinkText(int64_t id) { return "l" + std::to_string(id); }

}  // namespace skein::http
