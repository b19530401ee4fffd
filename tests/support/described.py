"""An answer of the desk's API held to what its OpenAPI document says of it."""

from __future__ import annotations

from typing import Any

from jsonschema import Draft202012Validator


def as_described(client: Any, path: str, route: str | None = None) -> Any:
    """What ``path`` answers; raises unless it is of a named type, with each of its properties and no other.

    :param route: the path in the document, where it is not ``path`` itself
    """
    described = client.get("/api/v1/openapi.json").json()
    content = described["paths"][route or path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    assert "#/components/schemas/" in str(content), f"{path} answers no type"
    shapes = {name: _closed(shape) for name, shape in described["components"]["schemas"].items()}
    answer = client.get(path).json()
    schema = {**content, "components": {"schemas": shapes}}
    Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(answer)
    return answer


def _closed(shape: dict[str, Any]) -> dict[str, Any]:
    if "properties" not in shape:
        return shape
    return {**shape, "required": list(shape["properties"]), "additionalProperties": False}
