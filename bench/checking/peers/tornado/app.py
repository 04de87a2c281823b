"""Tornado as its documentation begins."""

import asyncio
import json

import tornado


class Health(tornado.web.RequestHandler):
    def get(self):
        self.write({"health": "true"})


class Length(tornado.web.RequestHandler):
    def post(self):
        self.write({"length": len(json.loads(self.request.body)["text"])})


async def main():
    app = tornado.web.Application([("/", Length), ("/health", Health)])
    app.listen(8080)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
