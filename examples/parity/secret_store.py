"""Publishes a document and reads it back, as Python clients of Parity Secret Store did it.

    python3 secret_store.py KEY_SERVER_URL AGENT_URL ADDRESS PASSWORD DOCUMENT [THRESHOLD [ID]]

Needs `requests`, a key server and a signing agent: docs/PARITY.md.
"""
import hashlib
import json
import sys

import requests


class Agent:
    """keyquorum-signing-agent, with one of its accounts."""

    def __init__(self, url, address, password):
        self.url, self.account = url, [address, password]

    def call(self, method, *params):
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": [*self.account, *params]}
        answer = requests.post(self.url, data=json.dumps(body), headers={"content-type": "application/json"}).json()
        if "error" in answer:
            raise RuntimeError(answer["error"]["message"])
        return answer["result"]


def ask(method, *path):
    """Asks the key server. Paths have no 0x; answers have it. A body that is no JSON is an empty one."""
    response = requests.request(method, "/".join(part.removeprefix("0x") for part in path))
    if response.status_code != 200:
        raise RuntimeError(f"{response.status_code} {response.reason}: {response.text}")
    return response.json() if response.text else None


def publish(server, agent, document_id, document, threshold):
    signature = agent.call("secretstore_signRawHash", "0x" + document_id)
    server_key = ask("POST", server, "shadow", document_id, signature, str(threshold))
    key = agent.call("secretstore_generateDocumentKey", server_key)
    encrypted = agent.call("secretstore_encrypt", key["encrypted_key"], "0x" + document.encode().hex())
    ask("POST", server, "shadow", document_id, signature, key["common_point"], key["encrypted_point"])
    return encrypted


def consume(server, agent, document_id, encrypted):
    signature = agent.call("secretstore_signRawHash", "0x" + document_id)
    shadows = ask("GET", server, "shadow", document_id, signature)
    parts = [shadows[name] for name in ("decrypted_secret", "common_point", "decrypt_shadows")]
    return bytes.fromhex(agent.call("secretstore_shadowDecrypt", *parts, encrypted)[2:]).decode()


if __name__ == "__main__":
    server, url, address, password, document = sys.argv[1:6]
    threshold = int(sys.argv[6]) if len(sys.argv) > 6 else 1
    document_id = sys.argv[7] if len(sys.argv) > 7 else hashlib.sha256(document.encode()).hexdigest()
    agent = Agent(url, address, password)
    encrypted = publish(server, agent, document_id, document, threshold)
    print(document_id, encrypted)
    print(consume(server, agent, document_id, encrypted))
