"""A second apportionment, written from the specification alone: plain fractions, one member and one cost at a time.

It shares no code with the product and knows no shortcut, so that a fault would have to be made twice. It takes
the parsed document of a well-formed case and answers the result document without ``input_sha256``.
"""

from fractions import Fraction
from math import floor

PREFECTURE = "\uffff"  # sorts after every member code: "prefecture last"


class Refused(Exception):  # noqa: N818
    """The case cannot be calculated; the argument is the stable code."""


def apportion_naively(case):
    return NaiveCase(case).result()


class NaiveCase:
    def __init__(self, case):
        self.case = case
        self.members = {member["code"]: member for member in sorted(case["members"], key=lambda m: m["code"])}
        self.bases = {basis["id"]: basis["values"] for basis in case["bases"]}
        self.bases["equal"] = dict.fromkeys(self.members, "1")
        self.keys = {key["id"]: key for key in case["keys"]}
        self.costs = {cost["id"]: cost for cost in sorted(case["costs"], key=lambda c: c["id"])}
        self.rounding = {
            "stage": "cost", "unit_yen": 1, "remainder": "largest_remainder", "named": None, **case.get("rounding", {})
        }  # fmt: skip

    def result(self):
        self.refuse_what_cannot_be_split()
        exact, yen, gross, undistributed = self.split_costs()
        grants = {grant["id"]: self.grant(grant, exact, yen) for grant in self.case.get("grants", [])}
        burden = {who: gross[who] - sum(given[who] for given in grants.values()) for who in gross}
        surplus = sum(max(0, -floor(exact[n][PREFECTURE])) for n in self.costs if "tariff" in self.costs[n]["charge"])
        if min([burden[PREFECTURE] + surplus, *(burden[code] for code in self.members)]) < 0:
            raise Refused("negative-burden")
        invoice_rule = {"unit_yen": 1, "mode": "floor", **self.case.get("invoice", {})}
        rows, invoices = [], {}
        for code, member in self.members.items():
            invoices[code] = rounded(Fraction(burden[code]), invoice_rule)
            rows.append({
                "code": code, "name": member["name"], "gross_yen": gross[code],
                "grants": {name: given[code] for name, given in grants.items()},
                "burden_yen": burden[code], "invoice_yen": invoices[code],
                "instalments_yen": self.instalments(invoices[code]),
                "difference_yen": invoices[code] - self.case.get("issued_yen", {}).get(code, 0),
                "lines": self.lines(code, exact, yen),
            })  # fmt: skip
        kept = sum(burden[code] - invoices[code] for code in self.members)
        costs = self.costs.values()
        return {
            "format": "yui-apportionment-result/1", "engine": "1.0.0", "members": rows,
            "prefecture": {
                "gross_yen": gross[PREFECTURE],
                "grants": {name: given[PREFECTURE] for name, given in grants.items()},
                "burden_yen": burden[PREFECTURE] + kept, "invoice_difference_yen": kept,
            },
            "undistributed_yen": undistributed,
            "totals": {
                "cost_yen": sum(cost["amount_yen"] for cost in costs),
                "revenue_yen": sum(cost.get("revenue_yen", 0) for cost in costs),
                "net_yen": sum(net(cost) for cost in costs),
                "gross_yen": sum(row["gross_yen"] for row in rows),
                "grants": {name: sum(given[code] for code in self.members) for name, given in grants.items()},
                "burden_yen": sum(row["burden_yen"] for row in rows),
                "invoice_yen": sum(row["invoice_yen"] for row in rows),
            },
        }  # fmt: skip

    # 3.1 Exact shares

    def measure(self, key, component, code):
        if code in component.get("exclude", []) or key.get("host", {}).get("code") == code:
            return Fraction(0)
        member = self.members[code]
        value = Fraction(self.bases[component["basis"]][code]) * Fraction(member.get("factor", "1"))
        return value * Fraction(component.get("factors", {}).get(code, "1")) * member.get("months", 12) / 12

    def share(self, key, code):
        if "fixed" in key:
            whole = sum(Fraction(share) for member, share in key["fixed"].items() if member in self.members)
            return Fraction(key["fixed"].get(code, "0")) / whole
        total = Fraction(0)
        for component in key["components"]:
            everybody = sum(self.measure(key, component, other) for other in self.members)
            total += Fraction(component["weight"]) * self.measure(key, component, code) / everybody
        if "host" in key:
            own = Fraction(key["host"]["share"])
            return own if key["host"]["code"] == code else (1 - own) * total
        return total

    def exact_share(self, cost, code):
        if "tariff" in cost["charge"]:
            return Fraction(self.price(cost["charge"]["tariff"], code))
        if "key" not in cost["charge"]:
            return Fraction(net(cost) if cost["charge"].get("member") == code else 0)
        key = self.keys[cost["charge"]["key"]]
        if "unit_price_decimals" in key:
            component = key["components"][0]
            everybody = sum(self.measure(key, component, other) for other in self.members)
            tenfold = 10 ** key["unit_price_decimals"]
            price = Fraction(floor(Fraction(net(cost)) / everybody * tenfold), tenfold)
            return price * self.measure(key, component, code)
        if key.get("limits"):
            return self.within_limits(key, net(cost))[code]
        return net(cost) * self.share(key, code)

    # Version 2: tariffs, and shares within limits (found by trying every price per weight at which somebody stops)

    def price(self, tariff, code):
        if code in tariff.get("exclude", []):
            return 0
        member = self.members[code]
        value = Fraction(self.bases[tariff["basis"]][code])
        if "rate" in tariff:
            yearly = value * Fraction(tariff["rate"])
        else:
            fitting = [step for step in tariff["steps"] if fits(step, value)]
            yearly = Fraction(min(fitting, key=upper_end)["price_yen"])
        months, rule = member.get("months", 12), tariff.get("months", "always")
        if rule == "always" or (rule == "part_year" and months != 12):
            yearly = floor(yearly / 12) * months
        unit_rule = {"unit_yen": tariff.get("unit_yen", 1), "mode": tariff.get("mode", "floor")}
        price = rounded(Fraction(yearly), unit_rule)
        return price + floor(price * Fraction(tariff.get("tax_rate", "0")))

    def within_limits(self, key, amount):
        weights = {code: self.share(key, code) for code in self.members}
        low, high = {}, {}
        for code in self.members:
            bounds = key["limits"].get("members", {}).get(code, key["limits"])
            low[code] = bounds.get("minimum_yen") or 0
            high[code] = bounds.get("maximum_yen")

        def shares(price):
            found = {}
            for code, weight in weights.items():
                share = max(price * weight, Fraction(low[code])) if weight else Fraction(0)
                found[code] = share if high[code] is None or not weight else min(share, Fraction(high[code]))
            return found

        stops = {Fraction(0)}
        for code, weight in weights.items():
            if weight:
                stops |= {bound / weight for bound in (Fraction(low[code]), Fraction(high[code] or 0))}
        ordered = sorted(stops)
        sums = [sum(shares(price).values()) for price in ordered]
        beyond = max(ordered) + 1
        if sums[0] > amount:
            raise Refused("limits-impossible")
        for (left, left_sum), (right, right_sum) in zip(
            zip(ordered, sums, strict=True),
            zip([*ordered[1:], beyond], [*sums[1:], sum(shares(beyond).values())], strict=True),
            strict=True,
        ):
            if left_sum == amount:
                return shares(left)
            if left_sum < amount <= right_sum or (right == beyond and right_sum > left_sum):
                return shares(left + (amount - left_sum) * (right - left) / (right_sum - left_sum))
        raise Refused("limits-impossible")

    # 3.2 Splitting a cost

    def split_costs(self):
        gross = dict.fromkeys([*self.members, PREFECTURE], 0)
        undistributed = 0
        exact, yen = {}, {}
        together, together_net = dict.fromkeys(self.members, Fraction(0)), 0
        for name, cost in self.costs.items():
            exact[name] = {code: self.exact_share(cost, code) for code in self.members}
            exact[name][PREFECTURE] = Fraction(net(cost) if cost["charge"].get("prefecture") else 0)
            if "tariff" in cost["charge"]:
                exact[name][PREFECTURE] = net(cost) - sum(exact[name][code] for code in self.members)
            if "key" not in cost["charge"]:
                yen[name] = {who: int(share) for who, share in exact[name].items()}
            elif self.rounding["stage"] == "cost":
                rule = {**self.rounding, **cost["rounding"]} if cost.get("rounding") else self.rounding
                if cost.get("rounding"):  # a cost's own rounding starts from the defaults, not from the case's
                    rule = {"unit_yen": 1, "remainder": "largest_remainder", **cost["rounding"]}
                full = self.at_maximum(cost, exact[name])
                yen[name], lost = self.to_yen(net(cost), {c: exact[name][c] for c in self.members}, rule, full)
                undistributed += lost
            else:
                together_net += net(cost)
                for code in self.members:
                    together[code] += exact[name][code]
        parts = list(yen.values())
        if self.rounding["stage"] == "total":
            part, undistributed = self.to_yen(together_net, together, self.rounding)
            parts.append(part)
        for part in parts:
            for who, amount in part.items():
                gross[who] += amount
        return exact, yen, gross, undistributed

    def at_maximum(self, cost, shares):
        limits = self.keys[cost["charge"]["key"]].get("limits") or {}
        bounds = {code: limits.get("members", {}).get(code, limits).get("maximum_yen") for code in self.members}
        return {code for code in self.members if shares[code] and bounds[code] == shares[code]}

    def to_yen(self, amount, shares, rule, full=frozenset()):
        unit, policy = rule["unit_yen"], rule["remainder"]
        given = {code: floor(share / unit) * unit for code, share in shares.items()}
        rest = {code: shares[code] - given[code] for code in shares}
        given[PREFECTURE] = 0
        left = amount - sum(given.values())
        if policy == "undistributed":
            return given, left
        if policy == "largest_remainder":
            queue = sorted(set(shares) - full, key=lambda code: (-rest[code], code))
        elif policy == "smallest_up":
            queue = sorted(
                (code for code in shares if shares[code] > 0 and code not in full),
                key=lambda code: (shares[code], code),
            )
        else:
            queue = []
        while queue and left >= unit:
            given[queue.pop(0)] += unit
            left -= unit
        if policy == "largest_share":
            given[min(shares, key=lambda code: (-shares[code], code))] += left
        elif policy == "named":
            given[rule["named"]] += left
        else:
            given[PREFECTURE] += left
        return given, 0

    # 3.3 Grants

    def grant(self, grant, exact, yen):
        wanted = grant.get("costs", "eligible")
        counted = [
            n for n, cost in self.costs.items() if (cost.get("eligible") if wanted == "eligible" else n in wanted)
        ]
        bears = yen if self.rounding["stage"] == "cost" else exact
        level = grant.get("level", "program")
        if level == "member":
            return self.member_grant(grant, counted, bears)
        total = dict.fromkeys([*self.members, PREFECTURE], 0)
        for names in [counted] if level == "program" else [[name] for name in counted]:
            base = sum(
                floor(self.before_tax(grant, self.costs[name], Fraction(net(self.costs[name])))) for name in names
            )
            amount = capped(grant, Fraction(grant["rate"]) * base, grant.get("cap_yen"))
            weights = {who: max(0, sum(bears[name][who] for name in names)) for who in total}
            for who, given in proportionally(amount, weights, 1).items():
                total[who] += given
        return total

    def before_tax(self, grant, cost, amount):
        if grant.get("tax", "included") == "included":
            return amount
        return amount / (1 + Fraction(cost.get("tax_rate", "10/100")))

    def member_grant(self, grant, counted, bears):
        given = {}
        for code in self.members:
            if grant.get("tax", "included") == "included":
                base = floor(sum(bears[name][code] for name in counted))
            else:
                base = sum(floor(self.before_tax(grant, self.costs[n], Fraction(bears[n][code]))) for n in counted)
            given[code] = capped(grant, Fraction(grant["rate"]) * base, grant.get("member_cap_yen"))
        cap = grant.get("cap_yen")
        if cap is not None and sum(given.values()) > cap:
            unit = grant.get("rounding", {}).get("unit_yen", 1)
            given = proportionally(cap - cap % unit, given, unit)
        return {**given, PREFECTURE: 0}

    # 3.4 and the lines

    def instalments(self, invoice):
        rule = {"count": 1, "unit_yen": 1, **self.case.get("instalments", {})}
        each = rounded(Fraction(invoice, rule["count"]), {"unit_yen": rule["unit_yen"], "mode": "floor"})
        amounts = [each] * rule["count"]
        amounts[0] += invoice - sum(amounts)
        return amounts

    def lines(self, code, exact, yen):
        lines = []
        for name in sorted(self.costs):
            share = yen[name][code] if self.rounding["stage"] == "cost" else None
            if exact[name][code] != 0 or share:
                lines.append({"cost": name, "exact": str(exact[name][code]), "share_yen": share})
        return lines

    def refuse_what_cannot_be_split(self):
        for key in self.keys.values():
            if "fixed" in key:
                if sum(Fraction(share) for code, share in key["fixed"].items() if code in self.members) == 0:
                    raise Refused("basis-sum-zero")
                continue
            for component in key["components"]:
                if sum(self.measure(key, component, code) for code in self.members) == 0:
                    raise Refused("basis-sum-zero")
        for name, cost in self.costs.items():
            if net(cost) < 0:
                raise Refused("negative-net")
            rates = Fraction(0)
            for grant in self.case.get("grants", []):
                wanted = grant.get("costs", "eligible")
                counts = cost.get("eligible", False) if wanted == "eligible" else name in wanted
                if counts and grant.get("funder", "national") == "national":
                    rates += Fraction(grant["rate"])
            if rates > Fraction(self.case.get("national_ceiling", "1/2")):
                raise Refused("national-ceiling")


def fits(step, value):
    if "up_to" in step:
        return value <= Fraction(step["up_to"])
    return "below" not in step or value < Fraction(step["below"])


def upper_end(step):
    if "up_to" in step:
        return (0, Fraction(step["up_to"]), 1)
    return (0, Fraction(step["below"]), 0) if "below" in step else (1, 0, 0)


def net(cost):
    return cost["amount_yen"] - cost.get("revenue_yen", 0)


def rounded(value, rule):
    units = value / rule["unit_yen"]
    if rule["mode"] == "floor":
        whole = floor(units)
    elif rule["mode"] == "ceil":
        whole = -floor(-units)
    else:
        whole = floor(units + Fraction(1, 2))
    return whole * rule["unit_yen"]


def capped(grant, value, cap):
    if cap is not None:
        value = min(value, Fraction(cap))
    return rounded(value, {"unit_yen": 1, "mode": "floor", **grant.get("rounding", {})})


def proportionally(amount, weights, unit):
    """Largest remainder in whole units, ties to the smaller code, the prefecture last."""
    if amount == 0:
        return dict.fromkeys(weights, 0)
    total = sum(weights.values())
    if total == 0:
        raise Refused("grant-without-bearer")
    shares = {who: Fraction(amount) * Fraction(weight) / Fraction(total) for who, weight in weights.items()}
    given = {who: floor(share / unit) * unit for who, share in shares.items()}
    for who in sorted(weights, key=lambda who: (given[who] - shares[who], who)):
        if sum(given.values()) < amount:
            given[who] += unit
    return given
