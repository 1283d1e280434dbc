// The stages that make a World, in the order BuildWorld calls them.
//
// Order     Each stage draws from its own stream of Dice, so that a stage can change without
//           moving what others draw; but indices shift, so the order is part of the generator
//           version.
#pragma once

#include <string>

#include "importers/city/prng.h"
#include "importers/city/world.h"

namespace skein::city {

class Truth;

// Families, their homes, parents and places of work (people.cc).
void BuildPeople(World& w);
// Numbers, handsets, vehicles, accounts, e-bikes, documents (assets.cc).
void BuildAssets(World& w);
// Hotel stays, rail tickets, cases and assistance of everyday life (records.cc).
void BuildRecords(World& w);
// The planted stories and what resembles them (story_*.cc); fills the truth file.
void BuildStories(World& w, Truth& truth);

// --- for the stages and the stories ---

// A person with a fresh identity number of division `region`; belongs to no household yet.
int32_t NewPerson(World& w, const PersonName& name, bool male, Days born, int32_t region);
// A household at the address; the first member is its head.
int32_t NewHousehold(World& w, int32_t address, std::vector<int32_t> members);
Days BirthdayAtAge(const World& w, Dice& dice, int32_t age);
int32_t AgeOf(const World& w, const Person& p);
// Crossing where the person lives.
int32_t HomeCrossing(const World& w, const Person& p);

// A number with its SIM and handset, in use since `opened`.
int32_t NewPhone(World& w, int32_t owner, Seconds opened);
int32_t NewDevice(World& w);
std::string NewImsi(World& w);
int32_t NewVehicle(World& w, VehicleKind kind, int32_t owner, int32_t firm, Days registered,
                   Dice& dice);
int32_t NewAccount(World& w, int32_t owner, int32_t firm, Days opened);
int32_t NewTag(World& w);
int32_t NewDocument(World& w, std::string kind, int32_t holder, Days issued, int32_t years);
// A case at a crossing between two times; numbered in order of creation, scene station set.
int32_t NewCase(World& w, std::string category, std::string method, int32_t crossing, Seconds from,
                Seconds to, Dice& dice);
int32_t NewAssistance(World& w, std::string kind, int32_t person, Seconds last_known,
                      Seconds reported, std::string description);

}  // namespace skein::city
