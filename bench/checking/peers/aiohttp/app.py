"""aiohttp as its documentation begins."""

from aiohttp import web


async def health(_):
    return web.json_response({"health": "true"})


async def length(request):
    asked = await request.json()
    return web.json_response({"length": len(asked["text"])})


app = web.Application()
app.add_routes([web.get("/health", health), web.post("/", length)])

if __name__ == "__main__":
    web.run_app(app)
