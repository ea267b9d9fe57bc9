package tests.trunk_allowlist_test

import data.controls.trunk_allowlist

networks := {"networks": ["192.0.2.0/24", "198.51.100.7", "2001:db8::/32"]}

reference(addresses) := {"platform": "reference", "state": {"telephony_trunks": [{
	"id": "trunk-01",
	"name": "Carrier",
	"ip_addresses": addresses,
}]}}

result_of(document) := result if {
	result := trunk_allowlist.result with input as document with data.approved_networks as networks
}

test_pass if {
	every address in ["192.0.2.1", "192.0.2.0/25", "198.51.100.7", "198.51.100.7/32", "2001:db8:1::5", "2001:DB8::/48"] {
		result_of(reference([address])) == {"status": "PASS", "violations": [], "reason": null}
	}
}

test_outside_fails_with_trunk_and_address if {
	result := result_of(reference(["192.0.2.1", "203.0.113.9"]))
	result.status == "FAIL"
	count(result.violations) == 1
	some violation in result.violations
	violation.resource == "telephony_trunks"
	violation.entity == "trunk-01"
	violation.details == {"address": "203.0.113.9"}
}

test_wider_networks_fail if {
	every address in ["192.0.0.0/16", "0.0.0.0/0", "::/0", "2001:db9::1", "198.51.100.6/31"] {
		result_of(reference([address])).status == "FAIL"
	}
}

test_what_is_no_address_fails if {
	every address in ["sip.example.com", "192.0.2.256", "192.0.2.01", "", 7, null, "192.0.2.1/33", "192.0.2.1/-1", "::ffff:192.0.2.1", "::ffff:c000:201"] {
		result_of(reference([address])).status == "FAIL"
	}
}

test_no_addresses_fail if {
	every addresses in [[], null, "192.0.2.1", {}] {
		result_of(reference(addresses)).status == "FAIL"
	}
}

test_missing_addresses_fail if {
	result := result_of({"platform": "reference", "state": {"telephony_trunks": [{"id": "trunk-01", "name": "Carrier"}]}})
	result.status == "FAIL"
	some violation in result.violations
	violation.entity == "trunk-01"
}

test_no_trunk_is_not_evaluated if {
	result_of({"platform": "reference", "state": {"telephony_trunks": []}}).status == "NOT_EVALUATED"
}

test_missing_list_never_passes if {
	every list in [{}, {"networks": null}, {"networks": []}] {
		result := trunk_allowlist.result with input as reference(["192.0.2.1"]) with data.approved_networks as list
		result.status == "FAIL"
	}
}

test_entry_that_is_no_network_is_not_evaluated if {
	result := trunk_allowlist.result with input as reference(["192.0.2.1"]) with data.approved_networks as {"networks": ["192.0.2.0/24", "office"]}
	result.status == "NOT_EVALUATED"
	contains(result.reason, "office")
}

base(id, properties) := {"id": id, "name": id, "trunkType": "EXTERNAL", "properties": properties}

cloud(bases) := {"platform": "genesys-cloud", "state": {
	"telephony_trunks": [{"id": "t1", "trunkType": "EXTERNAL", "trunkBase": {"id": "b1"}}, {"id": "t2", "trunkType": "PHONE", "trunkBase": {"id": "b9"}}],
	"telephony_trunk_bases": bases,
}}

list_of(addresses) := {"trunk_access_acl_allowList": {"value": {"instance": addresses}}}

test_cloud_pass if {
	result_of(cloud([base("b1", list_of(["192.0.2.0/28"]))])).status == "PASS"
}

test_cloud_fail if {
	result := result_of(cloud([base("b1", list_of(["192.0.2.0/28", "203.0.113.0/24"]))]))
	result.status == "FAIL"
	some violation in result.violations
	violation.resource == "telephony_trunk_bases"
	violation.entity == "b1"
}

test_cloud_open_list_fails if {
	result_of(cloud([base("b1", list_of([]))])).status == "FAIL"
	result_of(cloud([base("b1", list_of("192.0.2.1"))])).status == "FAIL"
}

test_cloud_list_not_stated_is_not_evaluated if {
	every properties in [{}, {"trunk_access_acl_allowList": {}}, {"other": {"value": {"instance": []}}}] {
		result := result_of(cloud([base("b1", properties)]))
		result.status == "NOT_EVALUATED"
		contains(result.reason, "trunk base b1")
	}
}

test_cloud_trunk_without_base_is_not_evaluated if {
	result := result_of(cloud([base("b2", list_of(["192.0.2.1"]))]))
	result.status == "NOT_EVALUATED"
	contains(result.reason, "trunk t1")
}

test_cloud_trunk_naming_no_base_is_not_evaluated if {
	result := result_of({"platform": "genesys-cloud", "state": {
		"telephony_trunks": [{"id": "t1"}],
		"telephony_trunk_bases": [base("b1", list_of(["192.0.2.1"]))],
	}})
	result.status == "NOT_EVALUATED"
	contains(result.reason, "trunk t1")
}

test_cloud_property_name_is_data if {
	result := trunk_allowlist.result with input as cloud([base("b1", {"sip_list": {"value": {"instance": ["192.0.2.1"]}}})])
		with data.approved_networks as networks
		with data.sip_access as {"genesys-cloud": {"access_list_properties": ["sip_list"], "internal_trunk_types": ["PHONE"]}}
	result.status == "PASS"
}
