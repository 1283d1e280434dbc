#include "importers/city/names.h"

#include <array>
#include <cctype>
#include <span>

#include "absl/strings/str_cat.h"

namespace skein::city {
namespace {

struct Sign {
  std::string_view sign, latin;
};

constexpr Sign kSurnames[] = {
    {"王", "WANG"}, {"李", "LI"},    {"张", "ZHANG"}, {"刘", "LIU"},   {"陈", "CHEN"},
    {"杨", "YANG"}, {"黄", "HUANG"}, {"赵", "ZHAO"},  {"吴", "WU"},    {"周", "ZHOU"},
    {"徐", "XU"},   {"孙", "SUN"},   {"马", "MA"},    {"朱", "ZHU"},   {"胡", "HU"},
    {"郭", "GUO"},  {"何", "HE"},    {"林", "LIN"},   {"罗", "LUO"},   {"梁", "LIANG"},
    {"宋", "SONG"}, {"郑", "ZHENG"}, {"谢", "XIE"},   {"韩", "HAN"},   {"唐", "TANG"},
    {"冯", "FENG"}, {"于", "YU"},    {"董", "DONG"},  {"萧", "XIAO"},  {"程", "CHENG"},
    {"沈", "SHEN"}, {"吕", "LYU"},   {"卢", "LU"},    {"蒋", "JIANG"}, {"欧阳", "OUYANG"}};

constexpr Sign kMale[] = {
    {"伟", "wei"},  {"强", "qiang"}, {"磊", "lei"},  {"军", "jun"},  {"勇", "yong"},
    {"杰", "jie"},  {"涛", "tao"},   {"明", "ming"}, {"超", "chao"}, {"刚", "gang"},
    {"平", "ping"}, {"辉", "hui"},   {"鹏", "peng"}, {"建", "jian"}, {"国", "guo"},
    {"志", "zhi"},  {"海", "hai"},   {"宇", "yu"},   {"浩", "hao"},  {"峰", "feng"},
    {"文", "wen"},  {"林", "lin"},   {"山", "shan"}, {"岩", "yan"},  {"川", "chuan"}};
constexpr Sign kFemale[] = {
    {"芳", "fang"}, {"娜", "na"},   {"敏", "min"},  {"静", "jing"}, {"丽", "li"},
    {"艳", "yan"},  {"娟", "juan"}, {"霞", "xia"},  {"秀", "xiu"},  {"英", "ying"},
    {"华", "hua"},  {"慧", "hui"},  {"玲", "ling"}, {"桂", "gui"},  {"兰", "lan"},
    {"雨", "yu"},   {"桐", "tong"}, {"雪", "xue"},  {"梅", "mei"},  {"琳", "lin"},
    {"云", "yun"},  {"莲", "lian"}, {"珍", "zhen"}, {"红", "hong"}, {"春", "chun"}};

constexpr std::string_view kAvenues[] = {"启明", "望海", "听潮", "云锦", "长汀", "归帆",
                                         "白鹭", "青梧", "朝晖", "星河", "锦帆", "揽月"};
constexpr std::string_view kRoads[] = {"一湾",   "双桥",   "三灯",   "四时", "五仓",
                                       "六合里", "七星里", "八字桥", "九曲", "十里"};
constexpr std::string_view kFirmFront[] = {"远岫", "澄川",   "鲸浦", "禾瑞",
                                           "云程", "海棠湾", "金桨", "北渚"};
constexpr std::string_view kFirmBack[] = {"商贸", "物流", "食品",     "电子", "建材",
                                          "纺织", "软件", "医疗器械", "餐饮", "汽修"};
constexpr std::string_view kHotels[] = {"望潮",   "云阁", "归舟", "海灯",
                                        "梧桐里", "半湾", "星渚", "鹭岛"};
constexpr std::string_view kCars[] = {"远岭 R1", "海驰 S5", "青禾 Q3",
                                      "云雀 EV", "北溟 B7", "驿途 V9"};
constexpr std::string_view kMotorcycles[] = {"铁雀 125", "云豹 150", "飞鲤 110", "山鹞 200"};
constexpr std::string_view kEbikes[] = {"轻羽", "小鹿快跑", "蜂鸟", "海燕"};

template <typename T, size_t N>
const T& Wrap(const T (&table)[N], int32_t index) {
  return table[static_cast<size_t>(index) % N];
}

}  // namespace

PersonName RandomName(Dice& dice, bool male) {
  const Sign& surname = kSurnames[dice.Below(static_cast<uint32_t>(std::size(kSurnames)))];
  const std::span<const Sign> given =
      male ? std::span<const Sign>(kMale) : std::span<const Sign>(kFemale);
  PersonName out = NameOf(surname.sign, surname.latin, "", "");
  const uint32_t signs = dice.Chance(750) ? 2 : 1;
  for (uint32_t i = 0; i < signs; ++i) {
    const Sign& g = given[dice.Below(static_cast<uint32_t>(given.size()))];
    absl::StrAppend(&out.given, ToAbsl(g.sign));
    absl::StrAppend(&out.latin_given, ToAbsl(g.latin));
  }
  out.latin_given[0] = static_cast<char>(out.latin_given[0] - 'a' + 'A');
  return out;
}

PersonName WithSurnameOf(PersonName name, const PersonName& parent) {
  name.surname = parent.surname;
  name.latin_surname = parent.latin_surname;
  return name;
}

PersonName NameOf(std::string_view surname, std::string_view latin_surname, std::string_view given,
                  std::string_view latin_given) {
  PersonName out;
  out.surname = surname;
  out.latin_surname = latin_surname;
  out.given = given;
  out.latin_given = latin_given;
  return out;
}

std::string AvenueName(int32_t index) {
  if (index < static_cast<int32_t>(std::size(kAvenues))) {
    return absl::StrCat(ToAbsl(Wrap(kAvenues, index)), "大道");
  }
  return absl::StrCat("第", index + 1, "大道");
}

std::string RoadName(int32_t index) {
  if (index < static_cast<int32_t>(std::size(kRoads))) {
    return absl::StrCat(ToAbsl(Wrap(kRoads, index)), "路");
  }
  return absl::StrCat("横", index + 1, "路");
}

std::string FirmName(Dice& dice) {
  const int32_t front = dice.Index(std::size(kFirmFront)), back = dice.Index(std::size(kFirmBack));
  return absl::StrCat("云汀", ToAbsl(Wrap(kFirmFront, front)), ToAbsl(Wrap(kFirmBack, back)),
                      "有限公司");
}

std::string HotelName(int32_t index) {
  const auto round = index / static_cast<int32_t>(std::size(kHotels));
  return absl::StrCat(ToAbsl(Wrap(kHotels, index)),
                      round % 3 == 0   ? "宾馆"
                      : round % 3 == 1 ? "酒店"
                                       : "客栈",
                      round < 3 ? "" : absl::StrCat(round, "店"));
}

std::string_view CarMake(int32_t index) { return Wrap(kCars, index); }
std::string_view MotorcycleMake(int32_t index) { return Wrap(kMotorcycles, index); }
std::string_view EbikeMake(int32_t index) { return Wrap(kEbikes, index); }

}  // namespace skein::city
