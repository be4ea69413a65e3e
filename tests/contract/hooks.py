"""Which requests meet real ids, and what else is looked at in every answer. schemathesis loads this file."""

import ast
import json
import os
import threading
from collections import Counter
from pathlib import Path
from urllib.parse import urlsplit

import schemathesis
import yaml
from hypothesis import strategies as st
from schemathesis import Case, Response
from schemathesis.core.parameters import ParameterLocation
from schemathesis.openapi.checks import RejectedPositiveData

DOCUMENT = yaml.load(Path(os.environ["CONTRACT_DOCUMENT"]).read_text(encoding="utf-8"), yaml.CSafeLoader)
MADE = json.loads(Path(os.environ["CONTRACT_MADE"]).read_text(encoding="utf-8"))
BASE = MADE["base"]
# One request in so many keeps the ids it was made with, which name nothing.
RANDOM_ONE_IN = 6

REAL = {name: [MADE[name]] for name in ("client", "badge", "alias", "event", "import", "webhook", "export", "kid", "multikey")}
REAL |= {name: [MADE[name]] for name in ("form", "template", "application")} | {"link": [MADE["apply_link"]]}
# Nothing was uploaded; what files are answered with is the journeys'.
REAL |= {"asset": MADE["assets"], "key": [MADE["holder"]], "evidence": ["e3k8d2m7q1z9x4c6"]}
REAL |= {"credential": [MADE["credential"]], "result": ["e3k8d2m7q1z9x4c6"]}
FILES = {
    "/credentials/{file}": [MADE["credential"] + ending for ending in ("", ".json", ".html", ".jwt")] + [MADE["revoked"]],
    "/badges/{file}": [MADE["badge"] + ending for ending in ("", ".json", ".html")],
    "/artwork/{file}": [MADE["svg"] + ".svg", MADE["png"] + ".png"],
    "/baked/{file}": [MADE["credential"] + ending for ending in (".png", ".svg", ".ob2.png", ".ob2.svg")],
    "/status/{file}": [MADE["status"] + ending for ending in ("", ".json", ".jwt")],
    "/issuers/{file}": [MADE["client"] + ending for ending in ("", ".json", ".html")],
    "/ob2/assertions/{file}": [MADE["credential"], MADE["credential"] + ".html", MADE["revoked"] + ".json"],
    "/ob2/badges/{file}": [MADE["event"], MADE["event"] + ".html"],
    "/ob2/issuers/{file}": [MADE["client"], MADE["client"] + ".html"],
    "/ob2/revocations/{file}": [MADE["client"], MADE["client"] + ".json"],
}
FILES["/pdf/{key}/{file}"] = [MADE["credential"] + ".pdf"]
FILES["/obv3/credentials/{file}"] = FILES["/credentials/{file}"]
# Never to be deleted.
KEPT = {MADE[name] for name in ("badge", "edited", "draft", "alias", "webhook", "template")}
# What would be in the way of others if it were changed has others to be changed.
INSTEAD = {"replaceBadge": {"badge": [MADE["edited"]]}, "patchBadge": {"badge": [MADE["edited"]]}}
IDS = {"uploadImport": MADE["badge"], "getImport": MADE["import"]}
# A place in the feed that could be one of ours.
CURSOR = "MDAxODAwMDAwMDI1MTI1IzA3MDcwNzA3MDcwNzA3MDcwNzA3IzAwMDQyI2NyZWRlbnRpYWwucmV2b2tlZH43"
# What deleting meets once its victims are used up.
GONE = "0" * 12
# A picture that can be taken: no schema says what a PNG is.
PIXEL = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M/wHwAEBgIApD5fRAAAAABJRU5ErkJggg=="
ACCEPT = [
    "*/*", "text/html,application/xhtml+xml,*/*;q=0.8", "application/json", "application/ld+json", "application/vc",
    "application/vc+ld+json", "application/vc+jwt",
]


# CPython 3.11 counts how deep a syntax tree is for all threads together, and fails where two of them parse at once, as ours do.
PARSE, PARSING = ast.parse, threading.Lock()


def parse_alone(*arguments, **options) -> ast.AST:
    with PARSING:
        return PARSE(*arguments, **options)


ast.parse = parse_alone

# Requests so far, of each operation. What is chosen by it is the same in every run, which random ids are not.
SENT = Counter()

@schemathesis.hook
def before_load_schema(context, raw_schema: dict) -> None:
    # Whether a token is needed in truth, schemathesis tries out for this kind of scheme only. A client's token is the same thing.
    raw_schema["components"]["securitySchemes"]["token"] = {"type": "http", "scheme": "bearer"}


# Addresses with a host that can be one: the schema's pattern alone knows nothing of hosts.
hosts = st.from_regex(r"[a-z]([a-z0-9-]{0,20}[a-z0-9])?\.(example|test)", fullmatch=True)
rests = st.from_regex(r"(/[A-Za-z0-9._~!$&'()*+,;=:@%-]{0,40})?([?#][A-Za-z0-9=&/?]{0,20})?", fullmatch=True)
schemathesis.openapi.format("iri", st.builds("{}://{}{}".format, st.sampled_from(["https", "http", "HTTPS"]), hosts, rests))


@schemathesis.hook
def before_call(context, case: Case, kwargs: dict) -> None:
    operation = case.operation.definition.raw
    name = operation["operationId"]
    SENT[name] += 1
    chosen = SENT[name]
    for parameter, value in (case.path_parameters or {}).items():
        if parameter != "client" and name in MADE["doomed"]:
            if value in KEPT or is_valid(case, ParameterLocation.PATH):
                case.path_parameters[parameter] = MADE["doomed"][name].pop() if MADE["doomed"][name] else GONE
        elif is_valid(case, ParameterLocation.PATH) and (parameter == "client" or chosen % RANDOM_ONE_IN):
            values = ids(name, case, parameter)
            case.path_parameters[parameter] = values[chosen // RANDOM_ONE_IN % len(values)]
    for container, location in ((case.query, ParameterLocation.QUERY), (case.body, ParameterLocation.BODY)):
        if isinstance(container, dict) and is_valid(case, location):
            put_real(name, container, chosen)
    if isinstance(case.body, dict) and is_valid(case, ParameterLocation.BODY):
        case.body = without_points(case.body)
    if is_valid(case, ParameterLocation.HEADER) and "Idempotency-Key" in case.headers:
        case.headers["Idempotency-Key"] += f"-{chosen}"
    if name in ("validateAddress", "validate"):
        stay_here(case)
    if operation.get("security") == []:
        case.headers["Accept"] = ACCEPT[chosen % len(ACCEPT)]


def put_real(name: str, container: dict, chosen: int) -> None:
    """What no schema can say: which texts are pictures, links, places in the feed, or addresses that may be posted to."""
    texts = {member for member, value in container.items() if isinstance(value, str)}
    for picture in texts & {"image", "logo"}:
        container[picture] = PIXEL
    if isinstance(container.get("design"), dict):
        # Which icons there are no schema says; and a picture beside it would have to be the very same.
        container["design"] = {"shape": "star"}
        container.pop("image", None)
    if "tk" in texts and chosen % RANDOM_ONE_IN:
        container["tk"] = MADE["link"]
    if "after" in texts and name in ("readFeed", "replayWebhook"):
        container["after"] = CURSOR if chosen % 2 else ""
    if isinstance(container.get("content"), list):
        languages(container)
    if "client_alias_id" in container and container["client_alias_id"]:
        container["client_alias_id"] = [MADE["alias"]] if name in ("createBadge", "replaceBadge") else MADE["alias"]
    if "url" in texts and name in ("createWebhook", "replaceWebhook"):
        container["url"] = f"{BASE.replace('http:', 'https:')}/health"


def languages(badge: dict) -> None:
    """No two texts of a badge are in one language, and the primary language is one of theirs."""
    for n, content in enumerate(badge["content"]):
        content["language"] = f"en-x{n}" if n else content.get("language")
    badge["primary_language"] = badge["content"][0]["language"] if badge["content"] else ""


def without_points(value: object) -> object:
    """Whole numbers without a point: to a schema 1.0 is one."""
    if isinstance(value, dict):
        return {name: without_points(member) for name, member in value.items()}
    if isinstance(value, list):
        return [without_points(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def is_valid(case: Case, location: ParameterLocation) -> bool:
    return not (case.meta and case.meta.is_negative_at(location))


def ids(name: str, case: Case, parameter: str) -> list[str]:
    if parameter == "id":
        return [IDS[name]]
    if parameter == "file":
        return FILES[case.path]
    # Every edge of a valid request would be another event, and every later list the longer. That a badge is a draft is seen after the
    # request was read, so 409 says as well that the request was valid.
    if (name, parameter) == ("issue", "badge") and case.meta and case.meta.phase.name == "coverage":
        return [MADE["draft"]]
    return INSTEAD.get(name, {}).get(parameter, REAL[parameter])


def stay_here(case: Case) -> None:
    """The validator fetches what it is told to; a made-up host would be looked up, and waited for."""
    for container in (case.query, case.body):
        if isinstance(container, dict) and isinstance(container.get("url"), str) and leads_elsewhere(container["url"]):
            container["url"] = f"{BASE}/credentials/{MADE['credential']}"


def leads_elsewhere(url: str) -> bool:
    try:
        return bool(urlsplit(url.strip()).netloc) and not url.strip().startswith(BASE)
    except ValueError:
        return False


# ---- what no schema can say of a request that fits it


@schemathesis.hook
def filter_failure(context, failure, case: Case, response: Response) -> bool:
    """Leaves out that a valid request was refused where all that was complained of are such things."""
    if not isinstance(failure, RejectedPositiveData) or media_type(response) != "application/problem+json":
        return True
    complaints = response.json().get("errors", [])
    return not complaints or not all(is_beyond_schemas(**complaint) for complaint in complaints)


def media_type(response: Response) -> str:
    return response.headers.get("content-type", [""])[0].split(";")[0]


def is_beyond_schemas(pointer: str, code: str, **_) -> bool:
    # That these texts would be put in different orders by those who check; that an end is not after its beginning; that there is no
    # HTTP Basic to stand in for a member; that a text is no certificate, that nothing was uploaded under a name, and that of three members,
    # any of which may be null, one has to be given.
    return (
        code == "unsignable"
        or (code == "out_of_range" and pointer.endswith("/expires_on"))
        or (code == "missing" and pointer in ("#/client_id", "#/client_secret"))
        or (code == "not_certificate" and pointer.startswith("#/trust"))
        or (code == "not_found" and pointer == "#/upload")
        or (code == "missing" and pointer == "#/colour")
    )


# ---- media types that schemathesis does not know


@schemathesis.deserializer("application/vc")
def credential(context, response: Response) -> object:
    return json.loads(response.content)


@schemathesis.deserializer("application/vc+jwt")
def compact(context, response: Response) -> object:
    return response.content.decode()


# ---- checks of our own


def resolved(node: dict) -> dict:
    while "$ref" in node:
        reference, node = node["$ref"], DOCUMENT
        for part in reference.removeprefix("#/").split("/"):
            node = node[part.replace("~1", "/").replace("~0", "~")]
    return node


def alternatives(schema: dict) -> list[dict]:
    """A schema and all that stand in it by reference or as parts of a whole."""
    schema = resolved(schema)
    found = [schema]
    for keyword in ("allOf", "anyOf", "oneOf"):
        for part in schema.get(keyword, []):
            found += alternatives(part)
    return found


def unknown(value: object, schemas: list[dict], place: str = "") -> list[str]:
    """Members of an answer that no schema names. A schema that names none lets all pass."""
    if isinstance(value, list):
        items = [part for schema in schemas if "items" in schema for part in alternatives(schema["items"])]
        return [name for n, item in enumerate(value) for name in unknown(item, items, f"{place}/{n}")] if items else []
    members = [schema["properties"] for schema in schemas if "properties" in schema]
    if not isinstance(value, dict) or not members or any("additionalProperties" in schema for schema in schemas):
        return []
    found = []
    for name, member in value.items():
        known = [part for properties in members if name in properties for part in alternatives(properties[name])]
        found += unknown(member, known, f"{place}/{name}") if known else [f"{place}/{name}"]
    return found


@schemathesis.check
def every_member_is_described(ctx, response: Response, case: Case) -> None:
    """The document lets answers grow; what they have today it describes."""
    operation = DOCUMENT["paths"][case.operation.path].get(case.method.lower(), {"responses": {}})  # another method is tried out too
    described = resolved(operation["responses"].get(str(response.status_code), {}))
    schema = described.get("content", {}).get(media_type(response), {}).get("schema")
    if schema and media_type(response).endswith("json") and response.content:
        names = unknown(response.json(), alternatives(schema))
        if names:
            raise AssertionError(f"not described: {', '.join(names)}")
