// A number is moved to a new SIM in a stranger's handset; within the hour the account is emptied.
#include "absl/strings/str_cat.h"
#include "importers/city/stories.h"

namespace skein::city {
namespace {

constexpr int32_t kDaySwapped = 15;  // 2026-03-17

struct Swap {
  int32_t victim, attacker, device, mules[3];
  std::string imsi;
  Seconds from;
};

Swap MakeSwap(World& w, Cast& cast) {
  Swap s{};
  s.victim = cast.Resident({.age_low = 48, .age_high = 66, .male = 0});
  s.attacker = cast.Resident({.age_low = 22, .age_high = 40, .male = 1});
  for (int32_t& m : s.mules) {
    m = cast.Resident({.age_low = 19, .age_high = 27});
    NewAccount(w, m, kNone, w.first_day - 12);  // opened for the purpose
  }
  Phone& hers = At(w.phones, cast.Who(s.victim).phone);
  Phone& his = At(w.phones, cast.Who(s.attacker).phone);
  s.from = cast.On(kDaySwapped, 21, 10);
  s.device = his.uses.back().device;
  s.imsi = NewImsi(w);
  const Attachment before = hers.uses.back();
  hers.uses.back().to = s.from - 2 * kMinute;
  hers.uses.push_back({s.device, s.imsi, s.from, cast.On(kDaySwapped + 1, 9, 30)});
  hers.uses.push_back({before.device, NewImsi(w), cast.On(kDaySwapped + 1, 9, 45), 0});
  const std::string own = his.uses.back().imsi;
  his.uses.back().to = cast.On(kDaySwapped, 20, 55);
  his.uses.push_back({s.device, own, cast.On(kDaySwapped + 1, 10, 2), 0});
  return s;
}

void Empty(Cast& cast, const Swap& s) {
  cast.Pay(s.victim, s.mules[0], cast.On(kDaySwapped, 21, 24), 49800, "");
  cast.Pay(s.victim, s.mules[1], cast.On(kDaySwapped, 21, 31), 49500, "");
  cast.Pay(s.victim, s.mules[2], cast.On(kDaySwapped, 21, 52), 30000, "");
  cast.Pay(s.victim, s.mules[0], cast.On(kDaySwapped, 22, 5), 18600, "");
  for (int32_t m = 0; m < 3; ++m) {
    cast.Pay(s.mules[m], s.attacker, cast.On(kDaySwapped + 1, 1, 10 + m * 13), 26000 + m * 900, "");
  }
  // What the account was used for before.
  for (const int32_t day : {2, 6, 12}) {
    cast.world().scripted.transfers.push_back({cast.On(day, 12, 8), cast.Who(s.victim).account,
                                               At(cast.world().firms, day).account,
                                               8600 + day * 100, ""});
  }
}

// Changed SIM and handset in a shop, then paid the rent as every month.
int32_t Tenant(World& w, Cast& cast) {
  const int32_t tenant = cast.Resident({.age_low = 24, .age_high = 40});
  const int32_t landlord = cast.Resident({.age_low = 45, .age_high = 65});
  Phone& phone = At(w.phones, cast.Who(tenant).phone);
  phone.uses.back().to = cast.On(18, 10, 0);
  phone.uses.push_back({NewDevice(w), NewImsi(w), cast.On(18, 10, 20), 0});
  cast.Pay(tenant, landlord, cast.On(3, 9, 15), 1200, "房租");
  cast.Pay(tenant, landlord, cast.On(18, 10, 40), 2400, "房租");
  return tenant;
}

// A repair shop's test handset: many numbers for minutes, each with its own SIM.
int32_t RepairShop(World& w, Cast& cast) {
  const int32_t device = NewDevice(w);
  for (int32_t i = 0; i < 8; ++i) {
    const int32_t customer = cast.Resident({.age_low = 18, .age_high = 70});
    Phone& phone = At(w.phones, cast.Who(customer).phone);
    const Attachment before = phone.uses.back();
    const Seconds at = cast.On(4 + i * 2, 14, 10 + i);
    phone.uses.back().to = at;
    phone.uses.push_back({device, before.imsi, at + kMinute, at + 12 * kMinute});
    phone.uses.push_back({before.device, before.imsi, at + 20 * kMinute, 0});
    PersonAt(w, customer).quiet = false;  // their lives go on as before
  }
  return device;
}

}  // namespace

void StorySimSwap(World& w, Truth& truth) {
  Cast cast(w, "sim swap");
  const Swap s = MakeSwap(w, cast);
  Empty(cast, s);
  const int32_t tenant = Tenant(w, cast);
  const int32_t shop_device = RepairShop(w, cast);

  truth.Begin("sim-swap", "A SIM swap, and an account emptied within the hour",
              "Which number moved with a new SIM into a handset that served somebody else, and was "
              "followed by several payments within three hours?");
  Json& json = truth.BeginFinds();
  WritePerson(json, "victim", cast.Who(s.victim));
  WritePerson(json, "attacker", cast.Who(s.attacker));
  json.Text("phone", cast.NumberOf(s.victim)).Text("attackerPhone", cast.NumberOf(s.attacker));
  json.Text("imei", At(w.devices, s.device).imei).Text("newImsi", s.imsi);
  json.Text("swappedAt", TimeText(s.from, TimeStyle::kIsoCity));
  json.Text("account", cast.AccountOf(s.victim)).Number("payments", 4).Number("takenYuan", 147900);
  json.Key("muleAccounts").Begin('[');
  for (const int32_t m : s.mules) json.Text(cast.AccountOf(m));
  json.End();
  truth.EndFinds();
  truth.Evidence("03_telecom/attachments.tsv", absl::StrCat("MSISDN = 86", cast.NumberOf(s.victim)),
                 "a new IMSI in another handset from 2026-03-17 21:10 to the next morning");
  truth.Evidence("03_telecom/attachments.tsv",
                 absl::StrCat("IMEI = ", At(w.devices, s.device).imei),
                 "the attacker's own number before 20:55 and again after 10:02 the next day");
  truth.Evidence("06_bank/transfers.csv", absl::StrCat("From Account = ", cast.AccountOf(s.victim)),
                 "four payments between 21:24 and 22:05, to three accounts opened twelve days "
                 "before the window");
  truth.Distractor(
      "person", cast.Who(tenant).id_number,
      "new SIM and new handset, then one payment: the rent, paid to the same account before");
  truth.Distractor(
      "imei", At(w.devices, shop_device).imei,
      "repair shop's test handset: many numbers for minutes, each with its own SIM, no payments");
  truth.Distractor(
      "kind", "SIM and handset changed together",
      "about thirty ordinary upgrades in the window, into handsets that served nobody else");
  truth.End();
}

}  // namespace skein::city
