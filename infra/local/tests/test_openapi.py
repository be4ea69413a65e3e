"""docs/openapi.yaml says what the sources say: every route, every kind of error, every code; and its examples are of its own shapes.

Whether the functions answer so is for tests/contract, against a running stack.
"""

import re
import sys
import tomllib
import unittest
from collections.abc import Iterator
from pathlib import Path

import yaml
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "infra" / "local"))

import transform  # noqa: E402

METHODS = ("get", "put", "post", "delete", "options", "head", "patch")
DOCUMENT = yaml.load((ROOT / "docs" / "openapi.yaml").read_text(encoding="utf-8"), yaml.CSafeLoader)

# Routes that take a whole tree, and what is found there. hosting finds its documents by `functions/hosting/src/route.rs`, baking by the
# file's ending, so the gateway needs to know no more than the first segment.
TREES = {
    "GET /issuers/{client+}": [
        "/issuers/{file}", "/issuers/{client}/did.json", "/issuers/{client}/jwks.json", "/issuers/{client}/keys/{kid}",
        "/issuers/{client}/multikeys/{multikey}",
    ],
    "GET /ob2/{path+}": [
        "/ob2/assertions/{file}", "/ob2/badges/{file}", "/ob2/issuers/{file}", "/ob2/issuers/{client}/{alias}", "/ob2/keys/{client}/{kid}",
        "/ob2/revocations/{file}",
    ],
    "GET /v1/badge/_/{path+}": ["/v1/badge/_/{badge}.json", "/v1/badge/_/{badge}.png", "/v1/badge/_/{badge}/criteria.html"],
    "GET /baked/{file+}": ["/baked/{file}"],
    "HEAD /baked/{file+}": ["/baked/{file}"],
    # Whatever has no route of its own goes to hosting: this address, which has none, and HEAD, OPTIONS and wrong methods of all of its
    # documents, of which the document speaks once instead of at every path.
    "GET $default": ["/obv3/credentials/{file}"],
}
# One path in OpenAPI's eyes, where a parameter's name tells nothing.
RENAMED = {"/v2/import/{client}/{badge}": "/v2/import/{client}/{id}", "/v2/import/{client}/{import}": "/v2/import/{client}/{id}"}


def operations() -> Iterator[tuple[str, dict]]:
    for path, item in DOCUMENT["paths"].items():
        for method in METHODS:
            if method in item:
                yield f"{method.upper()} {path}", {**item[method], "parameters": [*item.get("parameters", []), *item[method].get("parameters", [])]}


def routed() -> set[str]:
    """What template.yaml promises, in the document's words."""
    found = set()
    for resource in transform.load()["Resources"].values():
        # What only people at a browser use is no API: the console's pages.
        if resource["Type"] == "AWS::ApiGatewayV2::Route" and "ConsoleIntegration" not in str(resource["Properties"]["Target"]):
            key = resource["Properties"]["RouteKey"]
            method, path = ("GET", "$default") if key == "$default" else key.split(" ")
            found.update(f"{method} {p}" for p in TREES.get(f"{method} {path}", [RENAMED.get(path, path)]))
    return found


def resolved(node: dict) -> dict:
    while "$ref" in node and node["$ref"].startswith("#/components/") and "/schemas/" not in node["$ref"]:
        node = target(node["$ref"])
    return node


def target(reference: str) -> object:
    node = DOCUMENT
    for part in reference.removeprefix("#/").split("/"):
        node = node[part.replace("~1", "/").replace("~0", "~")]
    return node


def everything(node: object = DOCUMENT, place: str = "#") -> Iterator[tuple[str, object]]:
    """Every value in the document, with the JSON Pointer that leads to it."""
    yield place, node
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, child in children:
        yield from everything(child, f"{place}/{str(key).replace('~', '~0').replace('/', '~1')}")


def examples(media: dict) -> list:
    given = [media["example"]] if "example" in media else []
    return given + [example["value"] for example in media.get("examples", {}).values()]


def source(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


class Document(unittest.TestCase):
    def test_it_is_openapi(self):
        errors = [f"{'/'.join(map(str, error.absolute_path))}: {error.message}" for error in OpenAPIV31SpecValidator(DOCUMENT).iter_errors()]
        self.assertEqual(errors, [])

    def test_its_version_is_the_products(self):
        self.assertEqual(DOCUMENT["info"]["version"], tomllib.loads(source("Cargo.toml"))["workspace"]["package"]["version"])

    def test_every_reference_leads_somewhere(self):
        for place, node in everything():
            if isinstance(node, dict) and isinstance(node.get("$ref"), str):
                self.assertIsNotNone(target(node["$ref"]), place)

    def test_every_component_is_used(self):
        named = {node["$ref"] for _, node in everything() if isinstance(node, dict) and isinstance(node.get("$ref"), str)}
        for kind in ("parameters", "headers", "requestBodies", "responses", "schemas"):
            for name in DOCUMENT["components"][kind]:
                self.assertIn(f"#/components/{kind}/{name}", named)

    def test_every_route_is_described_and_nothing_else(self):
        self.assertEqual({name for name, _ in operations()}, routed())

    def test_trees_and_renamed_paths_are_routes(self):
        keys = {r["Properties"]["RouteKey"] for r in transform.load()["Resources"].values() if r["Type"] == "AWS::ApiGatewayV2::Route"}
        self.assertLessEqual({tree.removeprefix("GET ") if "$" in tree else tree for tree in TREES}, keys)
        self.assertLessEqual(set(RENAMED), {key.partition(" ")[2] for key in keys})

    def test_every_operation_can_be_worked_with(self):
        ids = []
        for name, operation in operations():
            with self.subTest(name):
                ids.append(operation["operationId"])
                self.assertTrue(operation["summary"])
                self.assertEqual(len(operation["tags"]), 1)
                self.assertIn(operation["tags"][0], [tag["name"] for tag in DOCUMENT["tags"]])
                statuses = set(operation["responses"])
                self.assertTrue(any(status.startswith("4") for status in statuses))
                self.assertIn("429", statuses)  # the gateway's
                if not operation["operationId"].lower().endswith("preflight"):  # which touches nothing
                    self.assertLessEqual({"500", "503"}, statuses)
                if "requestBody" in operation:
                    self.assertLessEqual({"400", "413"}, statuses)
                for parameter in map(resolved, operation["parameters"]):
                    self.assertIn("example", parameter, parameter["name"])
                template = {resolved(p)["name"] for p in operation["parameters"] if resolved(p)["in"] == "path"}
                self.assertEqual(template, set(re.findall(r"\{(\w+)\}", name)))
        self.assertEqual(len(ids), len(set(ids)))

    def test_whoever_needs_a_token_is_told_which(self):
        roles = set(DOCUMENT["components"]["schemas"]["Role"]["enum"])
        for name, operation in operations():
            with self.subTest(name):
                needs = operation.get("security", DOCUMENT["security"]) == [{"token": []}]
                self.assertEqual(needs, " /v2/" in name and operation["operationId"] != "createToken")
                if needs:
                    self.assertLessEqual(set(operation["x-roles"]), roles)
                    self.assertIn("403", operation["responses"])

    def test_extensions_say_so(self):
        for place, node in everything():
            if isinstance(node, dict) and node.get("x-extension") and not place.startswith("#/webhooks"):
                self.assertIn("xtension", f"{node.get('description', '')}{self.description_of_tag(node)}", place)

    def description_of_tag(self, node: dict) -> str:
        return "".join(tag["description"] for tag in DOCUMENT["tags"] if tag["name"] in node.get("tags", []))


class Examples(unittest.TestCase):
    """What stands in the document as an example is of the shape that the document describes."""

    @classmethod
    def setUpClass(cls):
        cls.registry = Registry().with_resource("urn:document", Resource(contents=DOCUMENT, specification=DRAFT202012))

    def check(self, value: object, place: str) -> None:
        errors = Draft202012Validator({"$ref": f"urn:document{place}/schema"}, registry=self.registry).iter_errors(value)
        self.assertEqual([f"{error.json_path}: {error.message}" for error in errors], [], place)

    def test_every_body_has_one_and_all_fit(self):
        for name, operation in operations():
            with self.subTest(name):
                bodies = [resolved(operation["requestBody"])["content"]] if "requestBody" in operation else []
                bodies += [resolved(r).get("content", {}) for s, r in operation["responses"].items() if s.startswith("2")]
                for content in bodies:
                    if content:
                        shown = [media_type for media_type, media in content.items() if examples(media)]
                        binary = all(t.startswith(("image/", "text/html", "application/pdf")) for t in content)
                        self.assertTrue(shown or binary, list(content))
        for place, node in everything():
            if isinstance(node, dict) and "schema" in node and "/examples/" not in place:
                for value in examples(node):
                    self.check(value, place)


class Sources(unittest.TestCase):
    """Lists that stand in the sources too."""

    def schema(self, name: str) -> list:
        return DOCUMENT["components"]["schemas"][name]["enum"]

    def names(self, path: str, function: str) -> set[str]:
        """The texts that a Rust function named `function` chooses from."""
        body = re.search(rf"fn {function}\(.*?\n    \}}\n", source(path), re.DOTALL).group(0)
        return set(re.findall(r'=> "([a-z_.]+)"', body))

    def test_kinds_of_problems(self):
        table = re.findall(r'"([a-z-]+)",\s*(\d{3}),', source("shared/edge/src/problem.rs"))
        self.assertEqual({f"urn:shirushi:problem:{slug}" for slug, _ in table}, set(self.schema("ProblemType")))
        written = re.findall(r"problem:([a-z-]+) # (\d{3})", source("docs/openapi.yaml"))
        self.assertEqual(set(written), set(table))

    def test_codes_of_fields(self):
        self.assertEqual(self.names("shared/badge/src/input.rs", "code"), set(self.schema("ErrorCode")))

    def test_states_of_delivery_and_types_of_messages(self):
        self.assertEqual(self.names("shared/badge/src/delivery.rs", "name"), set(self.schema("DeliveryState")))
        self.assertEqual(self.names("shared/badge/src/notice.rs", "name"), set(self.schema("MessageType")))

    def test_roles(self):
        self.assertEqual(self.names("shared/store/src/secrets.rs", "name"), set(self.schema("Role")))

    def test_warnings_about_pictures(self):
        warnings = DOCUMENT["components"]["schemas"]["BadgeResult"]["allOf"][1]["properties"]["warnings"]["items"]["properties"]["code"]["enum"]
        explained = re.search(r"fn explain\(.*?\n\}\n", source("functions/badges/src/picture.rs"), re.DOTALL).group(0)
        self.assertEqual(set(re.findall(r'\(\s*"([a-z_]+)"', explained)), set(warnings))

    def test_kinds_of_achievements_and_alignments(self):
        schemas = DOCUMENT["components"]["schemas"]
        for name, constant in (("AchievementType", "ACHIEVEMENT_TYPES"), ("AlignmentType", "ALIGNMENT_TYPES")):
            listed = re.search(rf"{constant}: .*? = \[(.*?)\];", source("shared/badge/src/definition.rs"), re.DOTALL).group(1)
            self.assertEqual(re.findall(r'"(.+?)"', listed), schemas[name]["anyOf"][0]["enum"])

    def test_columns_of_lists(self):
        named = self.names("shared/roster/src/table.rs", "name")
        for column in named:
            self.assertIn(f"| `{column}`", DOCUMENT["info"]["description"])


if __name__ == "__main__":
    unittest.main()
