# Holds Kubernetes resources against the definitions of their kinds, strictly: a field that a kind does not have is an error.
#
#     python crds.py RESOURCES.yaml DEFINITION.yaml ...
#
# Prints the kinds that were checked and those that none of the files defines.
import sys

import jsonschema
import yaml


def strict(schema):
    """A definition's schema, with no fields but those that it names."""
    if isinstance(schema, list):
        return [strict(s) for s in schema]
    if not isinstance(schema, dict):
        return schema
    out = {key: strict(value) for key, value in schema.items() if not key.startswith("x-") and key != "format"}
    if schema.get("x-kubernetes-int-or-string"):
        return {"type": ["integer", "string"]}
    if isinstance(schema.get("properties"), dict) and "type" in schema and "additionalProperties" not in schema:
        out["additionalProperties"] = bool(schema.get("x-kubernetes-preserve-unknown-fields"))
    return out


def definitions(paths):
    for path in paths:
        with open(path) as f:
            text = "".join(line for line in f if not line.startswith("{{"))  # of a chart
        for d in yaml.safe_load_all(text):
            for version in d["spec"]["versions"]:
                schema = version["schema"]["openAPIV3Schema"]
                schema["properties"]["metadata"] = {"type": "object", "properties": {"name": {"type": "string"}}}
                yield (d["spec"]["group"] + "/" + version["name"], d["spec"]["names"]["kind"]), strict(schema)


def main():
    known = dict(definitions(sys.argv[2:]))
    checked, unknown = set(), set()
    with open(sys.argv[1]) as f:
        for resource in yaml.safe_load_all(f):
            kind = (resource["apiVersion"], resource["kind"])
            if kind not in known:
                unknown.add(kind[1])
                continue
            jsonschema.Draft202012Validator(known[kind]).validate(resource)
            checked.add(kind[1])
    print("checked:", *sorted(checked))
    print("unknown:", *sorted(unknown))


main()
