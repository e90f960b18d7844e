"""The command lines that both programs are given, as tables: one list for each piece of work.

A plain text is a line after which both must agree. `Slip` is a line where tabcmd crashes or falls short in a way that
docs/TABCMD.md lists; it says both exit codes and why. `Theirs` and `Ours` bring the state of one side to that of
the other afterwards. `{url}` is the server, `{site}` the content URL of the work's own site.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Callable

from support import content, tables


@dataclass(frozen=True)
class Slip:
    """A line that ends differently."""

    line: str
    theirs: int
    ours: int
    why: str


@dataclass(frozen=True)
class Theirs:
    """A line for tabcmd alone."""

    line: str


@dataclass(frozen=True)
class Ours:
    """A line for our program alone."""

    line: str


@dataclass(frozen=True)
class Shown:
    """A line whose printed list must agree, too."""

    line: str


Step = str | Slip | Theirs | Ours | Shown


@dataclass
class Work:
    """What is done on one site, from a fresh home folder."""

    name: str
    steps: list[Step]
    files: dict[str, bytes | str] = field(default_factory=dict)
    # Signs in as administrator of the site first; otherwise the work does it itself.
    login: bool = True
    # Works on Default and not on a site of its own.
    on_default: bool = False
    # Files that slips leave on one side alone.
    their_files: set[str] = field(default_factory=set)
    our_files: set[str] = field(default_factory=set)


def _packed(write: Callable[[str], str | bytes], data: dict[str, bytes]) -> bytes:
    return tables.packed(write(tables.CSV_FILE), data)


USAGE = Work(
    "command lines",
    [
        "",
        "-h",
        "--help",
        "-v",
        "--version",
        "help",
        "publish -h",
        "export --help",
        "frobnicate",
        "creategroup",
        "creategroup A B",
        "list",
        "list metrics",
        "login --frobnicate",
        "login -l LOUD",
        "login --language xx",
        "login --country xx",
        "login --query-page-size many",
        "login -u a --token-name b",
        "login -p a --password-file b",
        "login --proxy h:1 --no-proxy",
        "login -c f --no-certcheck",
        "createsiteusers missing.csv",
        "createsiteusers people.csv --role Boss",
        "createsiteusers people.csv --auth-type Telepathy",
        "createsiteusers people.csv --complete --no-complete",
        "addusers Team",
        "createproject",
        "createproject Name",
        "publishsamples",
        "publish",
        "publish a.twb --append --replace",
        "publish a.twb --oauth-username a --db-username b",
        "publish a.twb --thumbnail-username a --thumbnail-group b",
        "delete A -w -d",
        "export A/B",
        "export A/B --pdf --png",
        "export A/B --pdf --pagesize huge",
        "export A/B --pdf --pagelayout sideways",
        "export A/B --png --resolution best",
        "createextracts",
        "createextracts -d A -w B --include-all",
        "deleteextracts --include-all",
        "refreshextracts --addcalculations --removecalculations -w A",
        "refreshextracts",
        "createsite S --run-now-enabled maybe",
        "createsite S --user-quota many",
        "createsite S --url a --site-id b",
        "editsite S --status ASLEEP",
        "encryptextracts",
        "get",
        # Not signed in.
        "logout",
        "list projects --no-prompt",
        Slip("version", 2, 0, "a command of the classic program"),
        Slip("help publish", 2, 0, "the classic program shows the help of a command"),
        Slip("set allow_scheduling", 2, 1, "a command of the classic program that no API serves"),
        Slip("initialuser --server h --username a --password b --friendly c", 2, 1, "the same"),
        Slip("reset_openid_sub --target-username a", 2, 1, "the same"),
        Slip("validateidpmetadata --digest-algorithms sha1", 2, 1, "the same"),
        Slip("upgradethumbnails --server h --stop", 2, 1, "the same"),
        Slip("syncgroup G --overwritesiterole", 2, 1, "no method of the API lowers roles"),
    ],
    {"people.csv": "ann\n"},
    login=False,
)

SESSIONS = Work(
    "sessions",
    [
        "login -s {url} -u Admin -p '{password}' --no-prompt",
        Slip("list projects --no-prompt", 1, 0, "tabcmd keeps the session and never uses it"),
        "login -s {url} -u admin --password-file pw --no-prompt",
        "list projects --no-prompt",
        "login --site {SITE} --no-prompt",
        "list projects --no-prompt",
        "list projects --site nowhere --no-prompt",
        "login --site default --password-file pw --no-prompt",
        "login --username admin --password wrong --no-prompt",
        "login -s {url} -u ada -p '{ada}' --timeout soon --no-prompt",
        "login -s {url} -u ada -p '{ada}' --timeout 30 --no-prompt",
        "login -s {url} -u nobody -p x --no-prompt",
        "login -s {url} --token-name ci --token-value {token} --no-prompt",
        "list workbooks --no-prompt",
        "login -s {url} --token-name ci --token-value wrong --no-prompt",
        "login -s {url} --token-name ci --token-file token --no-prompt",
        "list workbooks --no-prompt",
        "login -s http://127.0.0.1:9 -u a -p b --no-prompt",
        "login -s {url} --password x --no-prompt",
        "login -s {url} -u admin --password-file missing --no-prompt",
        "login -s {url} -u admin --password-file pw --no-cookie",
        "list projects --no-prompt",
        "login -s {url} -u admin --password-file pw -l ERROR",
        "logout",
        "logout",
    ],
    {"pw": "an old one\n{password}", "token": "{token}"},
    login=False,
)

HARD = [
    "A & B",
    "a+b = c",
    "x/y",
    "say \"hi\"",
    "it's",
    "Größe & Maß",
    "中文组",
    "🎉 Fest",
    "100% <b> #1",
    "semi;colon: back\\slash",
]


def _quoted(name: str) -> str:
    import shlex

    return shlex.quote(name)


GROUPS = Work(
    "groups",
    [
        *(f"creategroup {_quoted(name)}" for name in HARD),
        f"creategroup {_quoted(HARD[0])}",
        f"creategroup {_quoted(HARD[0])} --continue-if-exists",
        Slip(
            f"--continue-if-exists creategroup {_quoted(HARD[0])}", 1, 0, "tabcmd drops flags that stand before the command"
        ),
        "creategroup ''",
        *(f"deletegroup {_quoted(name)}" for name in HARD[1::2]),
        f"deletegroup {_quoted(HARD[1])}",
        "creategroup 'Smith, John'",
        "deletegroup 'Smith, John'",
    ],
)

PEOPLE = Work(
    "people",
    [
        "createsiteusers people.csv",
        "createsiteusers people.csv",
        "createsiteusers people.csv --continue-if-exists",
        "createsiteusers more.csv --role viewer",
        "createsiteusers sso.csv --auth-type serverdefault --role Explorer",
        "createsiteusers bad.csv",
        Slip("createsiteusers blank.csv", 1, 0, "an empty line is no user"),
        Theirs("createsiteusers blank.csv --no-complete"),
        Slip("createsiteusers capitals.csv", 1, 0, "words are taken in any case"),
        Theirs("createsiteusers small.csv"),
        Slip("createsiteusers eight.csv", 1, 0, "the eighth column is how somebody signs in"),
        Theirs("createsiteusers seven.csv --auth-type ServerDefault"),
        "creategroup 'Team & Co.'",
        "addusers 'Team & Co.' --users members.csv",
        "addusers 'Team & Co.' --users members.csv",
        "addusers 'No such group' --users members.csv",
        "addusers 'Team & Co.' --users missing.csv",
        "addusers 'Team & Co.' --users spaces.csv",
        "addusers 'Team & Co.' --users spaces.csv --no-complete",
        "addusers 'Team & Co.' --users spaces.csv --complete",
        "removeusers 'Team & Co.' --users spaces.csv --no-complete",
        "removeusers 'Team & Co.' --users spaces.csv --complete",
        "removeusers 'Team & Co.' --users leavers.csv",
        "removeusers 'Team & Co.' --users leavers.csv",
        "removeusers 'No such group' --users leavers.csv",
        "deletesiteusers leavers.csv",
        "deletesiteusers leavers.csv",
        "deletesiteusers spaces.csv",
        "deletesiteusers nobody.csv --no-complete",
        "deletesiteusers nobody.csv --complete",
    ],
    {
        "people.csv": "\ufeffann,,,creator,none,yes,\r\nbob,,,explorer,site,no,\r\ncyd,,,viewer,none,no,\r\ndan\r\n"
        "eva,,,explorer,none,yes,\r\nfay,,,creator,site,yes,\r\ngus,,,creator,none,no,\r\n",
        "more.csv": "jürgen\n李雷\no'neill\na+b\nx&y@example.com\n",
        "sso.csv": "sam\n",
        "bad.csv": "ok1,,,viewer,none,no,\nwrong,,,boss,none,no,\n",
        "blank.csv": "hal,,,viewer,none,no,\n\n",
        "capitals.csv": "ida,,,Creator,None,Yes,\n",
        "small.csv": "ida,,,creator,none,yes,\n",
        "eight.csv": "joe,,,viewer,none,no,,ServerDefault\n",
        "seven.csv": "joe,,,viewer,none,no,\n",
        "members.csv": "ann\nBOB\njürgen\n李雷\nx&y@example.com\n",
        "spaces.csv": "eva\nnot valid\n",
        "leavers.csv": "ann\n李雷\n",
        "nobody.csv": "nobody1\nnobody2\nnobody3\nnobody4\nnobody5\nnobody6\n",
    },
)

PROJECTS = Work(
    "projects",
    [
        *(f"createproject -n {_quoted(name)} -d {_quoted('about ' + name)}" for name in HARD),
        f"createproject --name {_quoted(HARD[5])}",
        f"createproject --name {_quoted(HARD[5])} --continue-if-exists",
        f"createproject --name 'In & out' --parent-project-path {_quoted(HARD[5])}",
        f"createproject --name '深い+' --parent-project-path {_quoted(HARD[5] + '/In & out')}",
        f"createproject --name 'In & out' --parent-project-path {_quoted(HARD[5])}",
        "createproject --name Lost --parent-project-path no/such/place",
        f"deleteproject '深い+' --parent-project-path {_quoted(HARD[5] + '/In & out')}",
        f"deleteproject '深い+' --parent-project-path {_quoted(HARD[5] + '/In & out')}",
        *(f"deleteproject {_quoted(name)}" for name in HARD[6:]),
        "deleteproject 'No such project'",
        f"publishsamples -n {_quoted(HARD[0])}",
        f"publishsamples --name 'In & out' --parent-project-path {_quoted(HARD[5])}",
        "publishsamples -n 'No such project'",
        "createproject -n Twice",
        f"createproject -n Twice --parent-project-path {_quoted(HARD[0])}",
        "deleteproject Twice",
        Shown("list projects -n"),
        Shown("list projects --machine"),
    ],
)

CONTENT = Work(
    "content",
    [
        "createproject -n 'Sales & Ops'",
        "createproject -n Nested --parent-project-path 'Sales & Ops'",
        "publish book.twb",
        "publish book.twb",
        "publish book.twb --overwrite --tabbed",
        "publish book.twb -n 'Größe + Maß' -r 'Sales & Ops'",
        "publish book.twbx --name '销售/报告' --project 'Sales & Ops' --tabbed",
        "publish book.twbx -n '🎉 \"Fest\"' -r Nested --parent-project-path 'Sales & Ops' --skip-connection-check",
        Slip(
            "publish book.twb -n Pathed --parent-project-path 'Sales & Ops'", 0, 0, "tabcmd drops a path without --project"
        ),
        Theirs("delete Pathed"),
        Theirs("publish book.twb -n Pathed -r 'Sales & Ops'"),
        "publish source.tds -r 'Sales & Ops'",
        "publish source.tdsx -n 'Orders & 100%' -r 'Sales & Ops'",
        "publish source.tdsx -n 'Orders & 100%' -r 'Sales & Ops'",
        "publish source.tdsx -n 'Orders & 100%' -r 'Sales & Ops' -o",
        "publish rows.tdsx --append",
        "publish rows.tdsx",
        "publish rows.tdsx --append",
        "publish rows.tdsx -n Bridged --use-tableau-bridge",
        "publish live.tds --db-username 'me & you' --db-password 'hush+\"' --save-db-password",
        Slip(
            "publish live.twb --db-username me --db-password hush --save-db-password",
            1,
            0,
            "tabcmd gives one connection where a list is needed",
        ),
        Theirs("publish live.twb"),
        Ours("publish live.twb --overwrite"),
        Slip("publish live.tds -n Keyed --oauth-username me", 1, 0, "tabcmd writes a password that there is not"),
        Theirs("publish live.tds -n Keyed"),
        Ours("publish live.tds -n Keyed --overwrite"),
        "publish book.twb -n Drawn --thumbnail-group 'All Users'",
        "publish book.twb -n Drawn --overwrite --restart x --disable-uploader",
        Slip("publish book.twb -n Sealed --encrypt-extracts", 0, 1, "tabcmd drops the flag, which the server refuses"),
        Theirs("delete Sealed"),
        Slip("publish live.tds -n Keyed -o --oauth-username me --save-oauth", 1, 0, "tabcmd writes a password that there is not"),
        Ours("publish live.tds -n Keyed --overwrite"),
        "publish missing.twbx",
        "publish notes.txt",
        "publish broken.twbx",
        "publish book.twb -r 'No such project'",
        "publish book.twb --append",
        "publish many -r 'Sales & Ops'",
        "publish many -r 'Sales & Ops'",
        "publish many -r 'Sales & Ops' --overwrite --tabbed",
        "publish many -r Nested --parent-project-path 'Sales & Ops' --filetype '*.tdsx'",
        Slip("publish many -r Default --filetype twbx", 0, 0, "tabcmd takes the type for a pattern that nothing fits"),
        Theirs("publish many -r Default --filetype '*.twbx'"),
        "publish many --recursive true --overwrite -r 'Sales & Ops'",
        Shown("list workbooks -n"),
        Shown("list workbooks --name --details --address"),
        Shown("list workbooks -n --owner"),
        Shown("list datasources -n -o"),
        Shown("list datasources --machine -n -a"),
        Shown("list projects -n"),
        "list flows",
        "get workbooks/book.twb",
        "get /workbooks/book.twb -f again.twb",
        "get workbooks/GreMa.twb -f 'Größe & Maß.twb'",
        "get workbooks/book -f typed.twb",
        "get datasources/Orders100.tdsx",
        "get datasources/rows.tdsx --filename rows-again",
        "get workbooks/nothing.twb",
        "get datasources/nothing.tds",
        "get workbooks/book",
        "get workbooks/a/b.twb",
        "get 'workbooks/with space.twb'",
        "get metrics/a.png",
        Slip("get workbooks/book.twb -f v1.2.twb", 0, 0, "tabcmd cuts names at their first dot"),
        Slip("get workbooks/book.twb -f ./out/deep.twb", 0, 0, "the same"),
        "delete 'Größe + Maß' -r 'Sales & Ops'",
        "delete 'Größe + Maß' -r 'Sales & Ops'",
        "delete '🎉 \"Fest\"' --workbook -r Nested --parent-project-path 'Sales & Ops'",
        "delete '销售/报告' -w -r 'Sales & Ops'",
        "delete book",
        "delete rows -w",
        "delete rows -d",
        Slip("delete 'Orders & 100%' -r 'Sales & Ops'", 1, 0, "without a switch tabcmd looks for a workbook alone"),
        Theirs("delete 'Orders & 100%' -d -r 'Sales & Ops'"),
        "delete source -d",
        Slip("delete A -r 'No such project'", 2, 1, "tabcmd crashes where a project is missing"),
    ],
    {
        "book.twb": content.twb("One", "Two & Three", "数据"),
        "book.twbx": content.twbx(content.twb("Übersicht", "B/C")),
        "source.tds": content.tds(),
        "source.tdsx": content.tdsx(),
        "rows.tdsx": _packed(tables.datasource, {tables.CSV_FILE: tables.CSV}),
        "live.tds": content.tds(),
        "live.twb": content.twb("One", connections=[content.Connection()]),
        "notes.txt": "no workbook",
        "broken.twbx": b"PK\x03\x04 not a package",
        "many/Many 1.twbx": content.twbx(),
        "many/Many & 2.twbx": content.twbx(),
        "many/Quelle.tdsx": content.tdsx(),
        "many/.hidden.twbx": content.twbx(),
        "many/readme.txt": "nothing",
        "many/inside/Deep.txt": "nothing",
        "out/keep.txt": "a folder",
    },
    their_files={"v1.twb", ".twb"},
    our_files={"v1.2.twb", "out/deep.twb"},
)

REFRESHES = Work(
    "refreshes",
    [
        "createproject -n Fresh",
        "publish good.twbx -r Fresh",
        "publish good.tdsx -r Fresh",
        "publish bad.twbx -r Fresh",
        "publish home.twbx",
        "refreshextracts -w good --project Fresh --synchronous",
        "refreshextracts -d good --project Fresh --synchronous",
        "refreshextracts --workbook home --synchronous",
        "refreshextracts --url good --synchronous",
        "refreshextracts --url home --synchronous --removecalculations",
        "refreshextracts --workbook bad --project Fresh --synchronous",
        "refreshextracts -w good --synchronous",
        "refreshextracts -w good --project 'No such project'",
        "refreshextracts -d nothing --project Fresh",
        "refreshextracts --url nothing",
        "refreshextracts -d good --project Fresh --incremental --synchronous",
        "createproject -n Below --parent-project-path Fresh",
        "publish good.twbx -n deep -r Below --parent-project-path Fresh",
        "refreshextracts -w deep --project Below --parent-project-path Fresh --synchronous",
        "refreshextracts -w deep --project Below --parent-project-path Default --synchronous",
        Slip("runschedule 'No such schedule'", 2, 1, "a command of the classic program"),
    ],
    {
        "good.twbx": _packed(tables.workbook, {tables.CSV_FILE: tables.CSV}),
        "good.tdsx": _packed(tables.datasource, {tables.CSV_FILE: tables.CSV}),
        "home.twbx": _packed(tables.workbook, {tables.CSV_FILE: tables.CSV}),
        "bad.twbx": _packed(tables.workbook, {}),
    },
)

SITES = Work(
    "sites",
    [
        "createsite plain",
        "createsite plain",
        "createsite plain --continue-if-exists",
        "createsite quota --storage-quota 100 --url quotaurl",
        "createsite managed --site-mode --user-quota 7",
        "createsite unmanaged --no-site-mode",
        "createsite 'Größe & Co' -r groesse",
        Slip("createsite 'with space'", 2, 1, "tabcmd crashes where the server would say why"),
        Slip("createsite limited --user-quota 9", 1, 0, "a quota of users means that administrators of the site manage them"),
        Theirs("createsite limited --site-mode --user-quota 9"),
        Slip("createsite other --site-id otherurl", 0, 0, "tabcmd reads --site-id and forgets it"),
        Theirs("deletesite other --site other"),
        Theirs("createsite other --url otherurl --site default"),
        "editsite plain --storage-quota 250",
        "editsite managed --user-quota 8",
        "editsite managed --url managedurl",
        "listsites --site default",
        Slip("editsite plain --status SUSPENDED", 2, 0, "tabcmd writes the status in letters that it refuses"),
        Ours("editsite plain --status active"),
        Slip("editsite plain --site-name renamed", 0, 0, "tabcmd reads --site-name and forgets it"),
        Ours("editsite renamed --site-name plain"),
        Slip("editsite 'Größe & Co' --storage-quota 70", 1, 0, "tabcmd signs in to the site by its name"),
        Ours("editsite 'Größe & Co' --storage-quota -1"),
        "editsite nowhere --storage-quota 7",
        Shown("listsites --site default"),
        "listsites --get-extract-encryption-mode --site default",
        Slip("editsite plain --site-id other", 0, 0, "tabcmd reads --site-id and forgets it"),
        Ours("editsite plain --site-id plain"),
        Slip("editsite plain --site-mode", 0, 0, "tabcmd forgets the mode"),
        Ours("editsite plain --no-site-mode"),
        "editsite plain --run-now-enabled true",
        Slip("editsite plain --extract-encryption-mode enabled", 0, 0, "tabcmd forgets the mode"),
        Ours("editsite plain --extract-encryption-mode disabled"),
        Slip("createsite sealed --extract-encryption-mode enabled", 0, 0, "the same"),
        Ours("editsite sealed --extract-encryption-mode disabled"),
        "deletesite sealed --site sealed",
        "deletesite plain --site plain",
        "deletesite nowhere --site default",
        "listsites --site default",
    ],
    on_default=True,
)

STRANGERS = Work(
    "somebody without rights",
    [
        "login -s {url} -u vera -p '{vera}' --password-file pw",
        "login -s {url} -u vera --password-file pw --no-prompt",
        "createproject -n 'Not mine'",
        "creategroup 'Not mine'",
        "deletegroup 'All Users'",
        "createsiteusers people.csv",
        "createsite mine",
        "listsites",
        "publish book.twb",
        "deleteproject Default",
        "list workbooks -n",
        "list projects -n",
        "get workbooks/Secret.twb",
        Slip("delete Secret -r Closed", 2, 1, "tabcmd crashes where a project is missing"),
        "refreshextracts -w Secret --project Closed",
    ],
    {"pw": "{vera}", "people.csv": "mallory,,,creator,none,yes,\n", "book.twb": content.twb()},
    login=False,
    on_default=True,
)

WORKS = [USAGE, SESSIONS, GROUPS, PEOPLE, PROJECTS, CONTENT, REFRESHES, SITES, STRANGERS]
