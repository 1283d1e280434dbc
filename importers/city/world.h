// The invented city while it is being made: plain records, linked by index, no behaviour.
//
// Shape     Everything lies in vectors of World; an int32_t field named after a record is an index
// into
//           its vector, -1 for none. Streams of events (passages, calls, …) are made day by day
//           (daily.h) and are not kept; `scripted` holds those that stories plant.
// Units     Seconds since 1970 UTC, Days since 1970, money in fen, positions in micro-degrees
// WGS-84. Lifetime  Built once by BuildWorld (build.h) in a fixed order, then only read.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "importers/city/civil.h"
#include "importers/city/geo.h"
#include "importers/city/names.h"

namespace skein::city {

inline constexpr int32_t kNone = -1;
inline constexpr int32_t kWindowDays = 28;
inline constexpr int32_t kTownRegion = 990181;  // the outlying township, 38 km west

// A street crossing. The township's grid hangs at the end of the list.
struct Crossing {
  Spot spot;
  int32_t column = 0, row = 0;
  bool town = false;
  int32_t district = 0;     // index into World::districts
  int32_t station = kNone;  // nearest base station
  int32_t own_station = kNone, camera = kNone, point = kNone, tag_station = kNone;  // standing here
};
struct District {
  std::string name;
  int32_t region = 0;  // 990101 …
};
struct Sensor {
  std::string code, name;
  int32_t crossing = kNone;
  Spot spot;
  bool clock_fault = false;
};
struct Address {
  std::string code, name;
  int32_t crossing = kNone;
  Spot spot;
  std::vector<int32_t> residents;
};
struct Household {
  std::string number;
  int32_t address = kNone;
  std::string door;
  std::vector<int32_t> members;  // the head first
};
struct Firm {
  std::string code, name;
  int32_t address = kNone;
  int32_t account = kNone;
  std::vector<int32_t> staff;
};

enum class Standing : uint8_t { kResident, kVisitor };

struct Person {
  PersonName name;
  std::string former_name;
  std::string id_number;
  bool male = true;
  Days born = 0;
  Standing standing = Standing::kResident;  // visitors are in no register of the city
  std::string register_note;                // household register's remark
  int32_t household = kNone, father = kNone, mother = kNone, spouse = kNone, firm = kNone;
  int32_t phone = kNone, account = kNone, car = kNone, tag = kNone;
  bool quiet = false;  // belongs to a story: everyday events do not touch the person
};

// One handset or SIM in use under a number; `to` 0: still.
struct Attachment {
  int32_t device = kNone;
  std::string imsi;
  Seconds from = 0, to = 0;
};
struct Device {
  std::string imei, mac;
};
struct Phone {
  std::string number;
  int32_t owner = kNone;  // person
  Seconds opened = 0;
  std::vector<Attachment> uses;
};
enum class VehicleKind : uint8_t { kCar, kVan, kMotorcycle };
struct Vehicle {
  std::string plate, vin, make;
  VehicleKind kind = VehicleKind::kCar;
  char colour = 'A';  // GA 24.8: A white, B grey, E red, G green, H blue, J black
  int32_t owner = kNone, firm = kNone;
  Days registered = 0;
  bool quiet = false;
};
struct Account {
  std::string number;
  int32_t owner = kNone, firm = kNone;
  Days opened = 0;
};
// An RFID tag, on an e-bike or in a care bracelet.
struct Tag {
  std::string number;
};
struct Ebike {
  std::string plate, make;
  char colour = 'A';
  int32_t owner = kNone, tag = kNone;
  Days registered = 0;
};
struct Document {
  std::string number,
      kind;  // kind as the register codes it: P passport, T pass, B household booklet
  int32_t holder = kNone;
  Days issued = 0, expires = 0;
  std::string office;
};
struct Hotel {
  std::string code, name;
  int32_t crossing = kNone;
  Spot spot;
};
struct Stay {
  int32_t person = kNone, hotel = kNone;
  std::string room, document_kind, document;  // empty kind: identity card
  Seconds in = 0, out = 0;
};
struct Ticket {
  int32_t person = kNone;
  std::string train, document;  // document empty: identity card
  int32_t from = 0, to = 0;     // rail stations
  Seconds departs = 0, arrives = 0;
  int32_t coach = 1;
  std::string seat;
};
struct Involvement {
  int32_t person = kNone;
  std::string role;  // code of the case registry: 01 suspect, 02 victim, 03 witness, 04 reporter,
                     // 05 at large
  std::string alias;
};
struct Case {
  std::string number, category, method, summary;
  Seconds from = 0, to = 0, reported = 0;
  int32_t crossing = kNone;
  Spot spot;
  bool closed = false;
  std::vector<int32_t> scene_stations;
  std::vector<Involvement> involved;
  int32_t stolen_vehicle = kNone;
};
struct Assistance {
  std::string number, kind;  // missing, document, child, lost
  int32_t person = kNone;
  Seconds last_known = 0, reported = 0;
  bool closed = false;
  std::string description;
};
struct AssistanceReport {
  int32_t assistance = kNone;
  Seconds at = 0;
  Spot spot;
  std::string text;
};
struct Bracelet {
  int32_t person = kNone, tag = kNone;
  Days issued = 0;
};

// Events. `at` first: they are sorted by it.
struct Passage {
  Seconds at = 0;
  int32_t camera = kNone;
  std::string plate;
  char colour = 'A';
  VehicleKind kind = VehicleKind::kCar;
  int32_t speed = 0, lane = 1, confidence = 99;  // km/h; per cent
};
struct CellSighting {
  Seconds at = 0;
  int32_t phone = kNone, station = kNone;
};
struct WifiSighting {
  Seconds at = 0;
  int32_t device = kNone, point = kNone, dbm = -60;
};
struct TagRead {
  Seconds at = 0;
  int32_t tag = kNone, station = kNone;
};
struct Call {
  Seconds at = 0;
  int32_t from = kNone, to = kNone, seconds = 0;
  bool text = false;
};
struct Transfer {
  Seconds at = 0;
  int32_t from = kNone, to = kNone;
  int64_t fen = 0;
  std::string memo;
};
struct Events {
  std::vector<Passage> passages;
  std::vector<CellSighting> cells;
  std::vector<WifiSighting> wifi;
  std::vector<TagRead> tags;
  std::vector<Call> calls;
  std::vector<Transfer> transfers;
};

struct World {
  uint64_t seed = 1;
  uint32_t scale = 1;
  Days first_day = 0;  // 2026-03-02, a Monday
  int32_t columns = 0, rows = 0, town_side = 3;

  std::vector<District> districts;
  std::vector<Crossing> crossings;
  std::vector<Sensor> cameras, stations, points, tag_stations;
  std::vector<Hotel> hotels;
  std::vector<std::string> rail_stations;  // 0 is the city's own
  std::vector<Address> addresses;
  std::vector<Firm> firms;
  std::vector<Household> households;
  std::vector<Person> people;
  std::vector<Phone> phones;
  std::vector<Device> devices;
  std::vector<Vehicle> vehicles;
  std::vector<Account> accounts;
  std::vector<Tag> tags;
  std::vector<Ebike> ebikes;
  std::vector<Document> documents;
  std::vector<Stay> stays;
  std::vector<Ticket> tickets;
  std::vector<Case> cases;
  std::vector<Assistance> assistance;
  std::vector<AssistanceReport> reports;
  std::vector<Bracelet> bracelets;
  Events scripted;
  uint64_t next_serial = 1;  // of phones' SIM cards
  uint32_t next_case = 1, next_assistance = 1;
  std::map<std::pair<int32_t, Days>, int32_t> id_sequences;  // (division, birthday) → used
};

// Short cuts that every builder needs.
inline Person& PersonAt(World& w, int32_t i) { return w.people[static_cast<size_t>(i)]; }
inline const Person& PersonAt(const World& w, int32_t i) {
  return w.people[static_cast<size_t>(i)];
}
template <typename T>
T& At(std::vector<T>& v, int32_t i) {
  return v[static_cast<size_t>(i)];
}
template <typename T>
const T& At(const std::vector<T>& v, int32_t i) {
  return v[static_cast<size_t>(i)];
}
template <typename T>
int32_t Add(std::vector<T>& v, T item) {
  v.push_back(std::move(item));
  return static_cast<int32_t>(v.size()) - 1;
}

}  // namespace skein::city
