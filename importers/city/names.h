// Invented names of people, streets, firms and goods, Chinese with their Latin spelling.
//
// Shape     Names are drawn from short tables by the caller's Dice; any likeness to a person is
// chance. Lifetime  Tables are static; returned strings are the caller's.
#pragma once

#include <string>
#include <string_view>

#include "importers/city/prng.h"

namespace skein::city {

struct PersonName {
  std::string surname, given;              // 沈, 雨桐
  std::string latin_surname, latin_given;  // SHEN, Yutong
  std::string Chinese() const { return surname + given; }
  std::string Latin() const { return latin_surname + " " + latin_given; }
};

PersonName RandomName(Dice& dice, bool male);
// The same given name under the surname of `parent`.
PersonName WithSurnameOf(PersonName name, const PersonName& parent);
PersonName NameOf(std::string_view surname, std::string_view latin_surname, std::string_view given,
                  std::string_view latin_given);

// Streets by number: avenues run north–south, roads west–east. Beyond the table: "第41大道".
std::string AvenueName(int32_t index);
std::string RoadName(int32_t index);
std::string FirmName(Dice& dice);
std::string HotelName(int32_t index);

std::string_view CarMake(int32_t index);  // any index; wraps
std::string_view MotorcycleMake(int32_t index);
std::string_view EbikeMake(int32_t index);

}  // namespace skein::city
