"""Who may do what, written down a second time: from the reference and its notes, not from the server.

A relation says how a person and an item stand to each other. `Standing` answers questions about one role in one
relation; nothing in here knows the API.
"""

from __future__ import annotations

from dataclasses import dataclass, field

# Site roles since 3.0, and the 2.x names that an account may still be given, with what they have become.
MODERN = [
    "Unlicensed", "ReadOnly", "Viewer", "Explorer", "ExplorerCanPublish", "Creator",
    "SiteAdministratorExplorer", "SiteAdministratorCreator", "ServerAdministrator",
]  # fmt: skip
OLD = {
    "UnlicensedWithPublish": "Unlicensed",
    "ViewerWithPublish": "ReadOnly",
    "Interactor": "Explorer",
    "Publisher": "ExplorerCanPublish",
    "SiteAdministrator": "SiteAdministratorExplorer",
}
ROLES = [*MODERN, *OLD]

WORKBOOK = frozenset(
    "AddComment ChangeHierarchy ChangePermissions Delete ExportData ExportImage ExportXml Filter Read ShareView "
    "ViewComments ViewUnderlyingData WebAuthoring Write".split()
)
DATASOURCE = frozenset("ChangePermissions Connect Delete ExportXml Read Write".split())
PROJECT = frozenset(("Read", "Write"))
LEADER = "ProjectLeader"
EVERYTHING = {"workbook": WORKBOOK, "datasource": DATASOURCE, "project": PROJECT}

# The most that a role can hold. Viewers look: no editing, publishing, full data or editing on the web, and so no
# project to lead. Explorers do all but save.
LOOKING = frozenset("Read Filter AddComment ViewComments ExportImage ExportData Connect".split())
ALL = WORKBOOK | DATASOURCE | PROJECT | {LEADER}
CEILING = {
    "Unlicensed": frozenset(),
    "ReadOnly": LOOKING,
    "Viewer": LOOKING,
    "Explorer": ALL - {"Write"},
    "ExplorerCanPublish": ALL,
    "Creator": ALL,
    "SiteAdministratorExplorer": ALL,
    "SiteAdministratorCreator": ALL,
    "ServerAdministrator": ALL,
}
ADMINISTRATORS = ("SiteAdministratorExplorer", "SiteAdministratorCreator", "ServerAdministrator")
PUBLISHERS = ("ExplorerCanPublish", "Creator", *ADMINISTRATORS)

# The groups that everybody of the matrix belongs to.
FRIENDS, FOES = "Friends", "Foes"


@dataclass(frozen=True)
class Rules:
    """What rules allow and deny to the person, to the group of friends and to that of foes."""

    allow: frozenset[str] = frozenset()
    deny: frozenset[str] = frozenset()
    friends: frozenset[str] = frozenset()
    foes: frozenset[str] = frozenset()

    def verdict(self, capability: str) -> bool:
        """A rule on the person first, then a denial to any group, then an Allow."""
        if capability in self.deny:
            return False
        if capability in self.allow:
            return True
        return capability in self.friends and capability not in self.foes


NO_RULES = Rules()


@dataclass(frozen=True)
class Place:
    """A project: its own rules, and those that it gives to content that has none of its own."""

    name: str
    rules: Rules = NO_RULES
    owned: bool = False
    parent: str | None = None
    locked: bool = False
    defaults: bool = False
    """Whether friends get everything on content by default."""


def _places() -> list[Place]:
    both, lead = PROJECT, frozenset((LEADER,))
    return [
        Place("Open", Rules(friends=both)),
        Place("Other", Rules(friends=both)),
        Place("Shut"),
        Place("Led", Rules(allow=lead, foes=both)),
        Place("Below", Rules(deny=both), parent="Led"),
        Place("Locked", Rules(friends=both), locked=True),
        Place("Locked to all", Rules(friends=both), locked=True, defaults=True),
        Place("Locked and led", Rules(allow=lead), locked=True),
        Place("Owned", owned=True),
        Place("Owned and locked", owned=True, locked=True),
        Place("Direct allow", Rules(allow=both, foes=both)),
        Place("Direct deny", Rules(deny=both, friends=both)),
        Place("Group deny", Rules(friends=both, foes=both)),
        Place("Only Read", Rules(friends=frozenset(("Read",)))),
        Place("Only Write", Rules(friends=frozenset(("Write",)))),
    ]


PLACES = {place.name: place for place in _places()}


@dataclass(frozen=True)
class Relation:
    """How a person and an item of content stand to each other."""

    name: str
    place: str = "Open"
    rules: Rules | None = NO_RULES
    """The item's own; None where its project gives them."""
    owned: bool = False


def relations(kind: str) -> list[Relation]:
    """Every relation to content of a kind."""
    all_ = EVERYTHING[kind]
    tested = {"workbook": ("Read", "Write", "Delete", "ChangePermissions", "ChangeHierarchy", "ExportXml")}
    tested["datasource"] = ("Read", "Connect", "Write", "Delete", "ChangePermissions", "ExportXml")
    return [
        Relation("owner", owned=True),
        Relation("owner who is denied all", rules=Rules(deny=all_, foes=all_), owned=True),
        Relation("owner in a closed project", "Shut", owned=True),
        Relation("owner in a locked project", "Locked", None, owned=True),
        Relation("leader", "Led", Rules(deny=all_, foes=all_)),
        Relation("leader of the parent", "Below"),
        Relation("leader of a locked project", "Locked and led", None),
        Relation("direct allow", rules=Rules(allow=all_, foes=all_)),
        Relation("direct deny", rules=Rules(deny=all_, friends=all_)),
        Relation("group allow", rules=Rules(friends=all_)),
        Relation("group deny", rules=Rules(friends=all_, foes=all_)),
        Relation("group allow in a closed project", "Shut", Rules(friends=all_)),
        Relation("locked", "Locked", None),
        Relation("locked, with everything by default", "Locked to all", None),
        Relation("nothing"),
        Relation("only Read", rules=Rules(friends=frozenset(("Read",)))),
        *(Relation(f"all but {one}", rules=Rules(friends=all_ - {one})) for one in tested[kind]),
    ]


RELATIONS = {kind: relations(kind) for kind in ("workbook", "datasource")}
# A view without rules of its own has those of its workbook.
RELATIONS["view"] = RELATIONS["workbook"]
RELATIONS["project"] = [Relation(name, name, rules=None) for name in PLACES]


def leads(place: Place | None) -> bool:
    """Whether the rules, or owning it, make the person leader of a project or of one above it."""
    while place:
        if place.owned or LEADER in place.rules.allow:
            return True
        place = PLACES.get(place.parent or "")
    return False


@dataclass(frozen=True)
class Standing:
    """One role in one relation to an item of a kind; without relation, to the site alone."""

    role: str
    kind: str | None = None
    relation: Relation | None = None
    place: Place = field(init=False)

    def __post_init__(self):
        object.__setattr__(self, "role", OLD.get(self.role, self.role))
        place = PLACES[self.relation.place] if self.relation else PLACES["Shut"]
        object.__setattr__(self, "place", place)

    @property
    def server_admin(self) -> bool:
        return self.role == "ServerAdministrator"

    @property
    def admin(self) -> bool:
        return self.role in ADMINISTRATORS

    @property
    def publisher(self) -> bool:
        return self.role in PUBLISHERS

    @property
    def leads(self) -> bool:
        """Leads the item's project, or one above it; owners of a project lead it, too."""
        if LEADER not in CEILING[self.role]:
            return False
        return leads(self.place)

    @property
    def leads_above(self) -> bool:
        """Leads a project that the item, a project, is nested in."""
        return LEADER in CEILING[self.role] and leads(PLACES.get(self.place.parent or ""))

    @property
    def owns(self) -> bool:
        return self.place.owned if self.kind == "project" else self.relation.owned

    @property
    def gives(self) -> bool:
        """May give the item away: administrators, leaders, the owner."""
        return self.admin or self.leads or self.owns

    @property
    def locked(self) -> bool:
        """The rules of the item are those of its project, and nobody changes them on the item."""
        return self.place.locked and self.kind != "project"

    def may(self, capability: str) -> bool:
        """Holds a capability on the item."""
        return self._decide(capability, self.rules(), self.owns, self.kind != "project" and self.place.locked)

    def rules(self) -> Rules:
        """The rules in force on the item."""
        if self.kind == "project":
            return self.place.rules
        if self.relation.rules is not None:
            return self.relation.rules
        kind = "workbook" if self.kind == "view" else self.kind
        return Rules(friends=EVERYTHING[kind]) if self.place.defaults else NO_RULES

    def may_save_to_project(self) -> bool:
        """Publishes, and may do so to the item's project."""
        place = self.place
        return self.publisher and self._decide("Write", place.rules, place.owned, False)

    def _decide(self, capability: str, rules: Rules, owns: bool, locked: bool) -> bool:
        if capability not in CEILING[self.role]:
            return False
        if self.admin or self.leads:
            return True
        if owns and not (locked and capability == "ChangePermissions"):
            return True
        return rules.verdict(capability)
