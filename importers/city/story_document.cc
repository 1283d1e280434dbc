// One passport number, two holders at the same time.
#include "absl/strings/str_cat.h"
#include "importers/city/stories.h"

namespace skein::city {
namespace {

// Numbers that were issued anew after the first passport had been cancelled.
std::vector<std::string> IssuedAnew(World& w, Cast& cast) {
  std::vector<std::string> reissued;
  for (int32_t i = 0; i < 3; ++i) {
    const int32_t before = cast.Resident({.age_low = 60, .age_high = 80});
    const int32_t after = cast.Resident({.age_low = 20, .age_high = 40});
    const int32_t old_one = NewDocument(w, "P", before, DaysFrom(2009, 3, 2 + i), 10);
    const int32_t new_one = NewDocument(w, "P", after, DaysFrom(2021, 5, 6 + i), 10);
    At(w.documents, old_one).expires = DaysFrom(2019, 3, 2 + i);
    At(w.documents, new_one).number = At(w.documents, old_one).number;
    reissued.push_back(At(w.documents, old_one).number);
  }
  return reissued;
}

}  // namespace

void StoryDocument(World& w, Truth& truth) {
  Cast cast(w, "document");
  const int32_t first = cast.Resident({.age_low = 30, .age_high = 50, .male = 1});
  const int32_t second =
      cast.Newcomer(RandomName(cast.dice(), true), true, DaysFrom(1983, 9, 27), 990227, 75);
  const int32_t genuine = NewDocument(w, "P", first, DaysFrom(2019, 6, 11), 10);
  const int32_t false_one = NewDocument(w, "P", second, DaysFrom(2023, 9, 4), 10);
  const std::string number = At(w.documents, genuine).number;
  At(w.documents, false_one).number = number;

  // The same evening: one checks in at a hotel, the other sits in a train to the city.
  Stay stay;
  stay.person = second;
  stay.hotel = 2;
  stay.room = "806";
  stay.document_kind = "护照";
  stay.document = number;
  stay.in = cast.On(9, 18, 20);
  stay.out = cast.On(10, 9, 5);
  w.stays.push_back(stay);
  Ticket ticket;
  ticket.person = first;
  ticket.document = number;
  ticket.train = "I9309";
  ticket.from = 3;
  ticket.to = 0;
  ticket.departs = cast.On(9, 18, 5);
  ticket.arrives = cast.On(9, 20, 30);
  ticket.coach = 5;
  ticket.seat = "11C";
  w.tickets.push_back(ticket);

  const std::vector<std::string> reissued = IssuedAnew(w, cast);
  // One person, two passports: lost and replaced.
  const int32_t careless = cast.Resident({.age_low = 25, .age_high = 45});
  NewDocument(w, "P", careless, DaysFrom(2020, 1, 8), 10);
  const int32_t replacement = NewDocument(w, "P", careless, DaysFrom(2024, 10, 30), 10);

  const std::string id_a = cast.Who(first).id_number, id_b = cast.Who(second).id_number;
  truth.Begin("two-on-one-document", "Two persons on one passport",
              "Which passport is held by two people at the same time, and where were both when it "
              "was shown?");
  Json& json = truth.BeginFinds();
  json.Text("document", number);
  WritePerson(json, "first", cast.Who(first));
  WritePerson(json, "second", cast.Who(second));
  json.Text("hotel", At(w.hotels, stay.hotel).name)
      .Text("checkIn", TimeText(stay.in, TimeStyle::kIsoCity));
  json.Text("train", ticket.train).Text("departs", TimeText(ticket.departs, TimeStyle::kIsoCity));
  truth.EndFinds();
  truth.Evidence("01_household/documents.csv", absl::StrCat("证件号码 = ", number),
                 "issued to both, 2019-06-11 and 2023-09-04, neither expired in 2026");
  truth.Evidence("07_public_order/hotel_stays.tsv", absl::StrCat("证件号码 = ", number),
                 "checked in on 2026-03-11 18:20");
  truth.Evidence("08_rail/tickets.jsonl", absl::StrCat("/document/number = ", number),
                 "in a train from 18:05 to 20:30 on the same evening");
  for (const std::string& r : reissued)
    truth.Distractor("document", r,
                     "issued anew after the first holder's passport had expired: no overlap");
  truth.Distractor("document", At(w.documents, replacement).number,
                   "one person with two passports: lost and replaced");
  truth.Distractor("kind", "B", "household booklets are held by a whole family");
  truth.End();
}

}  // namespace skein::city
