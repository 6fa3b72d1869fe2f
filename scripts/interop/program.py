"""Publishes and reads by the published Python client: URL AGENT ADDRESS PASSWORD ID DOCUMENT THRESHOLD."""
import sys

from secret_store_client.client import Client

server, agent, address, password, document_id, document, threshold = sys.argv[1:]
client = Client(server, agent, address, password)
encrypted = client.publish_document(document_id, document, int(threshold))
print(client.decrypt_document(document_id, encrypted))
