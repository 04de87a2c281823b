"""The sample of the documentation: three routes of Flask, served by its development server."""

import json

from flask import Flask, request

app = Flask(__name__)


@app.route("/greet", methods=["POST"])
def say_hello_func():
    print("----------- in hello func ----------")
    data = json.loads(request.get_data(as_text=True))
    print(data)
    username = data["name"]
    rsp_msg = f"Hello, {username}!"
    return json.dumps({"response": rsp_msg}, indent=4)


@app.route("/goodbye", methods=["GET"])
def say_goodbye_func():
    print("----------- in goodbye func ----------")
    return "\nGoodbye!\n"


@app.route("/", methods=["POST"])
def default_func():
    print("----------- in default func ----------")
    data = json.loads(request.get_data(as_text=True))
    return f"\n called default func !\n {data} \n"


if __name__ == "__main__":
    app.run(host="0.0.0.0", port=8080)
