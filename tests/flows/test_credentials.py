"""Parameters that are URLs to which a component sends its stored credentials."""

import pytest

from lfclient.flows.credentials import receives_credentials
from tests.support.flows import chat_input, entry, flow, group, node, text

KEY = entry("SecretStrInput", "str", "OPENAI_API_KEY", load_from_db=True, password=True)


def credential_urls(**template):
    made = flow(node("A-a", **template))
    return {each.parameter for each in made.fields if made.takes_credentials(each.key)}


@pytest.mark.parametrize(
    "name",
    [
        "openai_api_base", "base_url", "api_base", "azure_endpoint", "ollama_base_url", "url_input",
        "apiBase", "baseUrl", "curl_input", "grpc_host", "hostname", "database_uri", "openai_proxy",
        "zep_server_url", "urls", "redis-host", "hosts", "proxies", "OpenAIEndpoint", "baseurl",
    ],
)  # fmt: skip
def test_names_of_urls_are_recognized_in_components_with_a_secret(name):
    assert credential_urls(api_key=KEY, **{name: text("")}) == {name}
    assert credential_urls(**{name: text("")}) == set()


def test_a_label_and_a_dictionary_of_settings_count_as_urls():
    contacts = text("", display_name="Contact Points / Astra Database ID")
    settings = entry("DictInput", "dict", {})
    found = credential_urls(token=KEY, database_ref=contacts, cluster_kwargs=settings)
    assert found == {"database_ref", "cluster_kwargs"}


@pytest.mark.parametrize(
    "name",
    ["input_value", "model_name", "temperature", "system_prompt", "database", "curly", "domains"],
)
def test_other_names_are_not_urls(name):
    is_kept = entry("BoolInput", "bool", True)
    assert credential_urls(api_key=KEY, keep_on_server=is_kept, **{name: text("")}) == set()


def test_a_parameter_in_the_host_of_a_url_in_the_code_counts_as_a_url():
    code = entry("CodeInput", "code", 'get(f"https://{self.shop}.example.com/{self.page}")')
    template = {"code": code, "shop": text(""), "page": text("")}
    assert credential_urls(api_key=KEY, **template) == {"shop"}
    assert credential_urls(**template) == set()


def test_a_url_that_only_a_choice_shows_counts_without_a_secret():
    component = flow(node("A-a", provider=text(""))).components[0]
    assert receives_credentials(component, "api_base")
    assert not receives_credentials(component, "model_name")


def test_a_header_with_a_stored_token_is_a_secret():
    headers = entry("TableInput", "table", [{"key": "Authorization", "value": "Bearer abc12345"}])
    assert credential_urls(headers=headers, url_input=text("")) == {"url_input"}


def test_a_groups_url_counts_by_the_component_inside():
    inner = [node("OpenAI-i", api_key=KEY, api_base=text(""))]
    outer = flow(chat_input(), group("Group-g", inner, address=("OpenAI-i", "api_base")))
    assert outer.takes_credentials("Group-g.address")
    assert "Group-g.address" in outer.fields_by_key
    assert "Group-g.address" not in outer.with_locked_urls.fields_by_key
