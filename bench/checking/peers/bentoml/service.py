"""BentoML as its documentation begins."""

import bentoml


@bentoml.service
class Length:
    @bentoml.api(route="/")
    def length(self, text: str) -> dict[str, int]:
        return {"length": len(text)}
