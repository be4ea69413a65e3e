"""What template.yaml promises, and what becomes of it on the way into the local stack."""

import json
import re
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import transform  # noqa: E402

ROOT = Path(__file__).resolve().parents[3]


OWN_WIDGETS = ("Badges", "Mails", "Signatures", "Applications, PDFs, pictures, webhooks")


def resources(template: dict, kind: str) -> dict[str, dict]:
    return {name: r["Properties"] for name, r in template["Resources"].items() if r["Type"] == kind}


def transformed(*, local: bool) -> dict:
    template = transform.load()
    code = {name: {"Bucket": "b", "Key": "k"} for name in transform.functions(template)}
    result = transform.transform(template, code)
    return transform.localise(result, "0badc0de") if local else result


def statements(role: dict) -> list[dict]:
    return [s for policy in role.get("Policies", []) for s in policy["PolicyDocument"]["Statement"]]


def actions(statement: dict) -> list[str]:
    listed = statement["Action"]
    return [listed] if isinstance(listed, str) else listed


def called(reference: dict) -> str:
    """The function behind a reference to its alias, before or after SAM's transform."""
    found = re.fullmatch(r"(\w+Function)(\.Alias|Aliaslive)", reference["Ref"])
    assert found, f"{reference} is no alias: what calls it would pass by a deployment"
    return found.group(1)


class Source(unittest.TestCase):
    def test_each_folder_of_functions_is_one_function(self):
        folders = {manifest.parent.name for manifest in ROOT.glob("functions/*/Cargo.toml")}
        functions = transform.functions(transform.load())
        self.assertEqual(sorted(functions.values()), sorted(folders))
        for logical_id, name in functions.items():
            self.assertEqual(logical_id, f"{name.capitalize()}Function")

    def test_every_route_leads_to_an_integration_of_a_function_that_the_api_may_invoke(self):
        template = transform.load()
        integrations = resources(template, "AWS::ApiGatewayV2::Integration")
        invocable = {called(p["FunctionName"]) for p in resources(template, "AWS::Lambda::Permission").values()}
        for name, route in resources(template, "AWS::ApiGatewayV2::Route").items():
            integration = re.fullmatch(r"integrations/\$\{(\w+)\}", route["Target"]["Fn::Sub"]).group(1)
            function = called(integrations[integration]["IntegrationUri"])
            self.assertIn(function, invocable, name)

    def test_settings_of_routes_name_routes_the_stage_waits_for(self):
        template = transform.load()
        stage = template["Resources"]["ApiStage"]
        routes = resources(template, "AWS::ApiGatewayV2::Route")
        waited_for = {routes[name]["RouteKey"] for name in stage["DependsOn"]}
        self.assertEqual(set(stage["Properties"]["RouteSettings"]), waited_for)

    def test_each_function_has_a_sample_event_on_one_of_its_routes_or_of_its_queue(self):
        template = transform.load()
        integrations = resources(template, "AWS::ApiGatewayV2::Integration")
        reachable = {called(integration["IntegrationUri"]) for integration in integrations.values()}
        mappings = resources(template, "AWS::Lambda::EventSourceMapping").values()
        routes = resources(template, "AWS::ApiGatewayV2::Route").values()
        for logical_id, name in transform.functions(template).items():
            event = json.loads((ROOT / "events" / f"{name}.json").read_text(encoding="utf-8"))
            if logical_id not in reachable:
                queues = [m["EventSourceArn"]["Fn::GetAtt"][0] for m in mappings if called(m["FunctionName"]) == logical_id]
                names = [resources(template, "AWS::SQS::Queue")[queue]["QueueName"]["Fn::Sub"] for queue in queues]
                source = event["Records"][0]["eventSourceARN"].rpartition(":")[2]
                self.assertIn(source.replace("shirushi", "${AWS::StackName}", 1), names, name)
                continue
            targets = [r["Target"]["Fn::Sub"] for r in routes if r["RouteKey"] == event["routeKey"]]
            self.assertEqual(len(targets), 1, event["routeKey"])
            integration = targets[0].removeprefix("integrations/${").removesuffix("}")
            self.assertEqual(called(integrations[integration]["IntegrationUri"]), logical_id)
            method, path = event["routeKey"].split(" ")
            self.assertEqual(event["requestContext"]["http"]["method"], method)
            for parameter, value in event.get("pathParameters", {}).items():
                path = re.sub(r"\{" + parameter + r"\+?\}", value, path)
            self.assertEqual(event["rawPath"], path)


class Powers(unittest.TestCase):
    """Who may do what. A change here is a change of what a compromised function could do."""

    def test_four_functions_sign_each_with_its_own_kind_of_key(self):
        signing = {}
        for name, role in resources(transformed(local=False), "AWS::IAM::Role").items():
            for statement in statements(role):
                if "kms:Sign" in actions(statement):
                    signing[name] = statement["Condition"]["StringEquals"]
        tag = "aws:ResourceTag/shirushi:purpose"
        self.assertEqual(
            signing,
            {
                "IssuanceFunctionRole": {tag: "credential"},
                "AccountsFunctionRole": {tag: "token"},
                "ConsoleFunctionRole": {tag: "token"},
                "PdfFunctionRole": {tag: "seal"},
            },
        )

    def test_no_statement_grants_a_whole_service(self):
        for name, role in resources(transformed(local=False), "AWS::IAM::Role").items():
            for statement in statements(role):
                self.assertFalse([a for a in actions(statement) if "*" in a], name)
                self.assertNotEqual(statement["Resource"], "*", name)

    def test_validation_reads_the_list_of_seals_and_keeps_uploads_and_results_and_nothing_else(self):
        role = resources(transformed(local=False), "AWS::IAM::Role")["ValidationFunctionRole"]
        by_sid = {s["Sid"]: s for s in statements(role)}
        self.assertEqual(set(by_sid), {"ReadSeals", "KeepResults", "LendAPlace"})
        results = by_sid["KeepResults"]
        self.assertEqual(actions(results), ["dynamodb:PutItem", "dynamodb:GetItem"])
        self.assertEqual(results["Condition"], {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["RESULT#*"]}})
        seals, uploads = by_sid["ReadSeals"], by_sid["LendAPlace"]
        self.assertEqual(actions(seals), ["dynamodb:Query"])
        self.assertEqual(seals["Condition"], {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["SEALS"]}})
        self.assertEqual(actions(uploads), ["s3:PutObject", "s3:GetObject", "s3:DeleteObject"])
        self.assertEqual(uploads["Resource"], {"Fn::Sub": "${ContentBucket.Arn}/uploads/*"})

    def test_what_holders_let_the_public_see_is_written_by_the_function_that_asks_them_and_by_no_other(self):
        writers = set()
        for name, role in resources(transformed(local=False), "AWS::IAM::Role").items():
            for statement in statements(role):
                keys = statement.get("Condition", {}).get("ForAllValues:StringLike", {}).get("dynamodb:LeadingKeys", [])
                if "SHOWN#*" in keys:
                    writers.add(name)
        self.assertEqual(writers, {"MailFunctionRole"})

    def test_administrators_can_neither_sign_nor_let_others_sign(self):
        for name, key in resources(transformed(local=False), "AWS::KMS::Key").items():
            first, *others = key["KeyPolicy"]["Statement"]
            self.assertEqual(first["Sid"], "Administration", name)
            for action in actions(first):
                for forbidden in ("kms:Sign", "kms:CreateGrant"):
                    self.assertIsNone(re.fullmatch(action.replace("*", ".*"), forbidden), f"{name}: {action}")
            for statement in others:
                self.assertEqual(actions(statement), ["kms:Sign"], name)
                self.assertIn("aws:PrincipalArn", statement["Condition"]["ArnEquals"], name)
                self.assertIn("kms:SigningAlgorithm", statement["Condition"]["StringEquals"], name)


    def test_who_reads_strangers_files_reaches_nothing_else(self):
        role = resources(transformed(local=False), "AWS::IAM::Role")["ScreeningFunctionRole"]
        for statement in statements(role):
            keys = statement.get("Condition", {}).get("ForAllValues:StringLike", {}).get("dynamodb:LeadingKeys")
            if any(action.startswith("dynamodb:") for action in actions(statement)):
                self.assertTrue(keys and set(keys) <= {"EVIDENCE#*", "DUE#*"})
            if any(action.startswith("s3:") for action in actions(statement)):
                self.assertIn("EvidenceBucket", json.dumps(statement["Resource"]))


class IdentityProvider(unittest.TestCase):
    """Without a provider nothing of it exists; with one, the console reads one secret more."""

    def setUp(self):
        self.template = transform.load()

    def test_routes_power_and_alarm_are_there_only_with_a_provider(self):
        conditional = {name for name, r in self.template["Resources"].items() if r.get("Condition", "").startswith("HasOidc")}
        self.assertEqual(conditional, {"SignInProviderRoute", "SignInCallbackRoute", "ReadOidcSecret", "ProviderFailures"})
        oidc = {name for name, r in self.template["Resources"].items() if "/sign-in/oidc" in json.dumps(r) or "Oidc" in name or "Provider" in name}
        self.assertEqual(oidc, conditional)
        variables = self.template["Resources"]["ConsoleFunction"]["Properties"]["Environment"]["Variables"]
        for name, value in variables.items():
            if name.startswith("OIDC_") or name == "OUTBOUND_ALLOW":
                condition, _, otherwise = value["Fn::If"]
                self.assertTrue(condition.startswith("HasOidc"), name)
                self.assertEqual(otherwise, {"Ref": "AWS::NoValue"}, name)
        for name, parameter in self.template["Parameters"].items():
            if name.startswith("Oidc"):
                self.assertEqual(parameter["Default"], "", name)

    def test_the_console_alone_reads_the_secret_and_no_other(self):
        policy = self.template["Resources"]["ReadOidcSecret"]["Properties"]
        self.assertEqual(policy["Roles"], [{"Ref": "ConsoleFunctionRole"}])
        [statement] = policy["PolicyDocument"]["Statement"]
        self.assertEqual((actions(statement), statement["Resource"]), (["secretsmanager:GetSecretValue"], {"Ref": "OidcClientSecretArn"}))
        for name, role in resources(transformed(local=False), "AWS::IAM::Role").items():
            self.assertFalse([a for s in statements(role) for a in actions(s) if a.startswith("secretsmanager:")], name)


class Triggers(unittest.TestCase):
    """What AWS asks of whoever starts a function, and the emulator does not."""

    def setUp(self):
        self.template = transformed(local=False)

    def allowed(self, role: str, resource: str) -> set[str]:
        """The actions that a role may do on a resource of the template."""
        arn = {"Fn::GetAtt": [resource, "Arn"]}
        found = statements(self.template["Resources"][role]["Properties"])
        return {a for s in found if arn in (s["Resource"], *s["Resource"]) for a in actions(s)}

    def test_a_function_may_read_the_queue_it_is_fed_from(self):
        for name, mapping in resources(self.template, "AWS::Lambda::EventSourceMapping").items():
            queue, function = mapping["EventSourceArn"]["Fn::GetAtt"][0], called(mapping["FunctionName"])
            needed = {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"}
            self.assertLessEqual(needed, self.allowed(f"{function}Role", queue), name)

    def test_a_function_has_more_time_than_one_call_of_aws_may_take(self):
        config = (ROOT / "shared" / "edge" / "src" / "config.rs").read_text(encoding="utf-8")
        longest = int(re.search(r"OPERATION_TIMEOUT: Duration = Duration::from_secs\((\d+)\)", config)[1])
        for name, function in resources(self.template, "AWS::Lambda::Function").items():
            self.assertGreaterEqual(function["Timeout"], longest + 3, name)

    def test_a_message_stays_hidden_six_times_as_long_as_a_function_may_work_on_it(self):
        for name, mapping in resources(self.template, "AWS::Lambda::EventSourceMapping").items():
            queue = self.template["Resources"][mapping["EventSourceArn"]["Fn::GetAtt"][0]]["Properties"]
            function = self.template["Resources"][called(mapping["FunctionName"])]["Properties"]
            self.assertGreaterEqual(queue.get("VisibilityTimeout", 30), 6 * function["Timeout"], name)

    def test_every_queue_that_feeds_a_function_has_a_queue_for_what_it_cannot_do(self):
        queues = resources(self.template, "AWS::SQS::Queue")
        for name, mapping in resources(self.template, "AWS::Lambda::EventSourceMapping").items():
            redrive = queues[mapping["EventSourceArn"]["Fn::GetAtt"][0]].get("RedrivePolicy", {})
            self.assertIn(redrive.get("deadLetterTargetArn", {}).get("Fn::GetAtt", [""])[0], queues, name)

    def test_a_schedule_may_start_its_function(self):
        permissions = [
            (called(p["FunctionName"]), p["SourceArn"]["Fn::GetAtt"][0])
            for p in resources(self.template, "AWS::Lambda::Permission").values()
            if p["Principal"] == "events.amazonaws.com"
        ]
        for name, rule in resources(self.template, "AWS::Events::Rule").items():
            for target in rule["Targets"]:
                self.assertIn((called(target["Arn"]), name), permissions)
        for name, schedule in resources(self.template, "AWS::Scheduler::Schedule").items():
            role, function = (schedule["Target"][k]["Fn::GetAtt"][0] for k in ("RoleArn", "Arn"))
            self.assertIn("lambda:InvokeFunction", self.allowed(role, function), name)

    def test_a_topic_reaches_a_queue_only_through_the_queues_policy(self):
        opened = {
            (queue["Ref"], statement["Condition"]["ArnEquals"]["aws:SourceArn"]["Ref"])
            for policy in resources(self.template, "AWS::SQS::QueuePolicy").values()
            for statement in policy["PolicyDocument"]["Statement"]
            if statement["Principal"] == {"Service": "sns.amazonaws.com"}
            for queue in policy["Queues"]
        }
        for name, subscription in resources(self.template, "AWS::SNS::Subscription").items():
            if subscription["Protocol"] != "sqs":
                continue
            pair = subscription["Endpoint"]["Fn::GetAtt"][0], subscription["TopicArn"]["Ref"]
            self.assertIn(pair, opened, name)


class Watching(unittest.TestCase):
    """Whatever runs or waits has somebody who looks at it."""

    def setUp(self):
        self.template = transform.load()
        self.watched = {
            (alarm["MetricName"], json.dumps(alarm.get("Dimensions", [])[0]["Value"] if alarm.get("Dimensions") else None))
            for alarm in resources(self.template, "AWS::CloudWatch::Alarm").values()
            if "MetricName" in alarm  # others watch sums
        }

    def test_every_function_and_queue_has_its_alarms(self):
        for function in transform.functions(self.template):
            for metric in ("Errors", "Throttles"):
                self.assertIn((metric, json.dumps({"Ref": function})), self.watched)
        for queue, properties in resources(self.template, "AWS::SQS::Queue").items():
            metric = "ApproximateAgeOfOldestMessage" if "RedrivePolicy" in properties else "ApproximateNumberOfMessagesVisible"
            self.assertIn((metric, json.dumps({"Fn::GetAtt": [queue, "QueueName"]})), self.watched)

    def test_every_alarm_reaches_the_topic_and_silence_is_none(self):
        for name, alarm in resources(self.template, "AWS::CloudWatch::Alarm").items():
            self.assertEqual((alarm["AlarmActions"], alarm["TreatMissingData"]), ([{"Ref": "Alarms"}], "notBreaching"), name)

    def test_our_own_metrics_are_named_as_the_sources_count_them(self):
        source = (ROOT / "shared/observe/src/metrics.rs").read_text(encoding="utf-8")
        counted = set(re.findall(r'Self\("(\w+)"\)', source)) | {"Latency", "Failures", "ColdStarts", "Validated"}
        text = (ROOT / "template.yaml").read_text(encoding="utf-8")
        used = re.findall(r"Namespace: Shirushi, MetricName: ([\w.]+)", text) + re.findall(r"MetricName=(\w+)\\?', '", text.split("Shirushi,", 1)[1])
        overview = json.loads(self.template["Resources"]["Overview"]["Properties"]["DashboardBody"]["Fn::Sub"])
        rows = [m for w in overview["widgets"] for m in w["properties"].get("metrics", []) if w["properties"]["title"] in OWN_WIDGETS]
        used += [row[1] for row in rows if isinstance(row[0], str) and not row[0].startswith(("AWS/", "..."))]
        self.assertGreater(len(used), 20)
        for metric in used:
            service = metric.partition(".")[0]
            self.assertTrue(metric in counted or service in ("KMS", "SESv2"), metric)
        self.assertIn('NAMESPACE: &str = "Shirushi"', source)

    def test_a_deployment_is_taken_back_by_an_alarm_about_its_function(self):
        groups = resources(transformed(local=False), "AWS::CodeDeploy::DeploymentGroup")
        for function, name in transform.functions(self.template).items():
            [alarm] = groups[f"{function}DeploymentGroup"]["AlarmConfiguration"]["Alarms"]
            metrics = self.template["Resources"][alarm["Name"]["Ref"]]["Properties"]["Metrics"]
            watched = [d["Value"] for m in metrics for d in m.get("MetricStat", {}).get("Metric", {}).get("Dimensions", [])]
            self.assertIn({"Ref": function}, watched)
            self.assertIn({"Fn::Sub": f"${{{function}}}:live"}, watched)
            self.assertIn(name, watched)

    def test_the_access_log_holds_no_address_unless_asked_and_never_a_path(self):
        condition, asked, usual = self.template["Resources"]["ApiStage"]["Properties"]["AccessLogSettings"]["Format"]["Fn::If"]
        self.assertEqual((condition, self.template["Parameters"]["LogSourceAddress"]["Default"]), ("LogsSourceAddress", "false"))
        self.assertEqual(set(json.loads(asked)) - set(json.loads(usual)), {"ip"})
        for format in (asked, usual):
            for personal in ("path", "queryString", "userAgent"):
                self.assertNotIn(personal.lower(), format.lower())

    def test_what_a_deployment_is_called_makes_a_version_of_every_function(self):
        def versions(name: str) -> set[str]:
            template = transform.load()
            template["Globals"]["Function"]["Environment"]["Variables"]["DEPLOYED"] = name
            code = {function: {"Bucket": "b", "Key": "k"} for function in transform.functions(template)}
            return set(resources(transform.transform(template, code), "AWS::Lambda::Version"))

        self.assertEqual(versions("one"), versions("one"))
        self.assertFalse(versions("one") & versions("another"))

    def test_the_overview_is_json(self):
        body = self.template["Resources"]["Overview"]["Properties"]["DashboardBody"]["Fn::Sub"]
        self.assertEqual(len(json.loads(body)["widgets"]), 16)

    def test_what_the_edge_keeps_is_public(self):
        edge = transform.load(ROOT / "infra" / "edge.yaml")
        config = edge["Resources"]["Distribution"]["Properties"]["DistributionConfig"]
        routes = [r["RouteKey"] for r in resources(self.template, "AWS::ApiGatewayV2::Route").values()]
        for behaviour in config["CacheBehaviors"]:
            root = behaviour["PathPattern"].removesuffix("*")
            found = [route.split(" ")[0] for route in routes if route.partition(" ")[2].startswith(root)]
            self.assertTrue(found and set(found) <= {"GET", "HEAD"}, root)


class Localised(unittest.TestCase):
    def test_keys_still_name_the_one_role_that_signs(self):
        for name, key in resources(transformed(local=True), "AWS::KMS::Key").items():
            roles = {"TokenKey": ["Accounts", "Console"], "SealKey": ["Pdf"]}.get(name, ["Issuance"])
            sessions = [
                {"Fn::Sub": f"arn:aws:sts::${{AWS::AccountId}}:assumed-role/${{{role}FunctionRole}}/*"} for role in roles
            ]
            condition = key["KeyPolicy"]["Statement"][1]["Condition"]
            self.assertEqual(condition, {"ArnLike": {"aws:PrincipalArn": sessions}})

    def test_nothing_else_differs(self):
        real, local = transformed(local=False)["Resources"], transformed(local=True)["Resources"]
        layers = {name for name in real if real[name]["Type"] == "AWS::Lambda::LayerVersion"}
        deploying = {name for name in real if real[name]["Type"].startswith("AWS::CodeDeploy::")} | {"CodeDeployServiceRole"}
        sums = {name for name in real if "Metrics" in real[name].get("Properties", {})}
        self.assertEqual(set(real) - set(local), {"ContentBucketPolicy", "EvidenceBucketPolicy"} | layers | deploying | sums)
        different = {name for name in local if local[name] != real[name]}
        keys = {name for name in real if real[name]["Type"] == "AWS::KMS::Key"}
        queues = {name for name in real if real[name].get("Properties", {}).get("VisibilityTimeout", 0) > 60}
        aliases = {name for name in real if real[name]["Type"] == "AWS::Lambda::Alias"}
        self.assertEqual(different, {"Api", "BadgesFunction", "BakingFunction", "PdfFunction"} | keys | queues | aliases)


if __name__ == "__main__":
    unittest.main()
