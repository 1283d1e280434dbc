"""Reads the ten departments' files without Skein: what a sceptical third party would write to check the truth file."""

import csv
import datetime
import json
import math
import pathlib
from collections import defaultdict

CITY = datetime.timezone(datetime.timedelta(hours=8))


def at(text, form):
    return datetime.datetime.strptime(text, form).replace(tzinfo=CITY)


def epoch(seconds):
    return datetime.datetime.fromtimestamp(float(seconds), CITY)


class City:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.truth = json.loads((self.folder / "truth.json").read_text(encoding="utf-8"))
        self.finds = {s["id"]: s["finds"] for s in self.truth["stories"]}
        self.residents = self.table("01_household/residents.csv")
        self.phone_owner = {r["MSISDN"][4:]: r["ID_NO"] for r in self.table("03_telecom/subscribers.csv", ";")}
        self.phones = defaultdict(set)
        for number, person in self.phone_owner.items():
            self.phones[person].add(number)
        self.account_owner = {r["Account No"]: r["Holder ID"] for r in self.table("06_bank/accounts.csv")}
        self.transfers = [(at(r["Time"], "%d/%m/%Y %H:%M:%S"), r["From Account"], r["To Account"],
                           float(r["Amount"].replace(",", "")), r["Memo"])
                          for r in self.table("06_bank/transfers.csv")]
        self.calls = [(r["A_NUMBER"][2:], r["B_NUMBER"][2:], epoch(r["START_TS"]))
                      for r in self.table("03_telecom/calls.tsv", "\t")]
        self.uses = [(r["MSISDN"][2:], r["IMSI"], r["IMEI"], epoch(r["FIRST_TS"]),
                      None if r["LAST_TS"] == "-" else epoch(r["LAST_TS"]))
                     for r in self.table("03_telecom/attachments.tsv", "\t")]
        self.passages = self.lines("04_cameras/passages.jsonl")
        self.cameras = {r["卡口编号"]: (float(r["纬度"]), float(r["经度"]), r["状态"])
                        for r in self.table("04_cameras/cameras.csv")}
        self.cells = [(r["msisdn"], r["cell_id"], epoch(int(r["ts_ms"]) / 1000))
                      for r in self.table("05_radio/cell_sightings.tsv", "\t")]
        self.cases = self.table("09_cases/cases.csv")
        self.case_people = self.table("09_cases/persons.tsv", "\t")
        self.scene_cell = {r["案件编号"]: r["基站编号"] for r in self.table("09_cases/scene_cells.tsv", "\t")}
        self.vehicle_owner = {r["HPHM"]: r["SFZMHM"] for r in self.table("02_traffic/vehicles.txt", "|")}

    def table(self, path, delimiter=","):
        with open(self.folder / path, encoding="utf-8-sig", newline="") as file:
            return list(csv.DictReader(file, delimiter=delimiter))

    def lines(self, path):
        with open(self.folder / path, encoding="utf-8") as file:
            return [json.loads(line) for line in file]

    def kilometres(self, camera, other):
        (lat, lon, _), (lat2, lon2, _) = self.cameras[camera], self.cameras[other]
        return 111.2 * math.hypot(lat - lat2, 0.87 * (lon - lon2))
