"""Distils what Terraform's AWS provider takes into terraform_schema.json: the names and the types of its arguments, and nothing else.

    terraform_schema.py WHEEL

WHEEL is that of cdktf-cdktf-provider-aws, as `pip download --no-deps` gets it. Its declarations of TypeScript say of each argument how the
provider spells it, of which type it is, and whether it has to be there; what has a getter and no setter is made by the provider.
"""

import gzip
import io
import json
import pathlib
import re
import sys
import tarfile
import zipfile

# The resources that the templates make, and the data that they ask for.
RESOURCES = """
    acm_certificate appautoscaling_policy appautoscaling_target cloudwatch_log_group cloudwatch_metric_alarm ecr_lifecycle_policy
    ecr_replication_configuration ecr_repository ecs_cluster ecs_cluster_capacity_providers ecs_service ecs_task_definition iam_policy iam_role
    iam_role_policy iam_role_policy_attachment lb lb_listener lb_listener_rule lb_target_group route53_health_check route53_record
    security_group sns_topic vpc_security_group_egress_rule vpc_security_group_ingress_rule wafv2_web_acl_association
""".split()
DATA = ["caller_identity"]

DESTINATION = pathlib.Path(__file__).with_name("terraform_schema.json")

INTERFACE = re.compile(r"export interface (\w+)(?: extends [\w.]+)? \{\n(.*?)\n\}", re.DOTALL)
CONFIG = re.compile(r"export interface (\w+ConfigA?) extends cdktf\.TerraformMetaArguments|export interface (AwsProviderConfig) ")
MEMBER = re.compile(r"/\*\*(.*?)\*/\s*readonly (\w+)(\?)?: ([^;]+);", re.DOTALL)
SPELT = re.compile(r"#(\w+) ")
BLOCK = re.compile(r"^\s*\*\s*\w+ block", re.MULTILINE)
GETTER = re.compile(r"^    get (\w+)\(\): ([^;]+);", re.MULTILINE)
SETTER = re.compile(r"^    set (\w+)\(", re.MULTILINE)

TYPES = {
    "string": "string",
    "number": "number",
    "boolean": "bool",
    "string[]": ["list", "string"],
    "number[]": ["list", "number"],
}


def snake(name):
    return re.sub(r"(?<!^)([A-Z])", lambda match: "_" + match[1].lower(), name)


def type_of(text):
    text = text.replace(" | cdktf.IResolvable", "").strip()
    if "[key: string]" in text:
        return ["map", "string" if "string;" in text.split("]", 1)[1] + ";" else "bool"]
    return TYPES.get(text, "dynamic")


def block_of(interfaces, name):
    """The attributes and the blocks of one interface, each with whether it is required."""
    attributes, blocks = {}, {}
    for comment, _, optional, type_text in MEMBER.findall(interfaces[name]):
        spelt = SPELT.search(comment)
        if not spelt or spelt[1] == "timeouts":
            continue
        inner = type_text.replace(" | cdktf.IResolvable", "").strip()
        kind = "optional" if optional else "required"
        if BLOCK.search(comment) or inner.removesuffix("[]") in interfaces:
            nested = block_of(interfaces, inner.removesuffix("[]"))
            blocks[spelt[1]] = {"kind": kind, "many": inner.endswith("[]"), **nested}
        else:
            attributes[spelt[1]] = [kind, type_of(type_text)]
    return {"attributes": attributes, "blocks": blocks}


def schema_of(package, module):
    text = package.extractfile(f"package/lib/{module}/index.d.ts").read().decode()
    schema = block_of(dict(INTERFACE.findall(text)), next(filter(None, CONFIG.search(text).groups())))
    # The class of the resource is the last one of its module.
    body = text[text.rindex("export declare class ") :]
    made = dict(GETTER.findall(body))
    for name in set(made) - set(SETTER.findall(body)):
        spelt = snake(name)
        if name != "timeouts" and not spelt.endswith("_input") and spelt not in schema["attributes"] and spelt not in schema["blocks"]:
            schema["attributes"][spelt] = ["computed", type_of(made[name])]
    return schema


def main(wheel):
    with zipfile.ZipFile(wheel) as archive:
        name = next(name for name in archive.namelist() if name.endswith(".jsii.tgz"))
        # Unpacked before, since a compressed archive is read from its beginning for each file.
        package = tarfile.open(fileobj=io.BytesIO(gzip.decompress(archive.read(name))))
    provider = schema_of(package, "provider")
    # Its getters say what it was given.
    provider["attributes"] = {name: kind for name, kind in provider["attributes"].items() if kind[0] != "computed"}
    del provider["blocks"]["endpoints"]
    schemas = {
        "provider": provider,
        "resources": {f"aws_{name}": schema_of(package, name.replace("_", "-")) for name in RESOURCES},
        "data": {f"aws_{name}": schema_of(package, f"data-aws-{name.replace('_', '-')}") for name in DATA},
    }
    DESTINATION.write_text(json.dumps(schemas, indent=1, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
