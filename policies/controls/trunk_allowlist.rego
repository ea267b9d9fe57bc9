# Every SIP trunk accepts addresses inside the approved networks only.
package controls.trunk_allowlist

import data.model.networks
import data.model.outcome
import data.model.trunks

result := outcome.of(violations, trunks.gaps | networks.gaps)

# Judged once per distinct address, however many trunks accept it.
addresses contains address if {
	some trunk in trunks.accepting
	some address in trunk.addresses
}

approved contains address if {
	some address in addresses
	networks.allowed(address)
}

violations contains violation if {
	some trunk in trunks.accepting
	some address in trunk.addresses
	not address in approved
	violation := {
		"resource": trunk.resource,
		"entity": trunk.entity,
		"message": sprintf("trunk %v accepts %v, %s", [trunk.name, address, fault(address)]),
		"details": {"address": address},
	}
}

fault(address) := "which is outside the approved networks" if networks.readable(address)

fault(address) := "which is no address or network" if not networks.readable(address)

violations contains violation if {
	some trunk in trunks.accepting
	count(trunk.addresses) == 0
	violation := {
		"resource": trunk.resource,
		"entity": trunk.entity,
		"message": sprintf("trunk %v names no address, so it is not restricted to the approved networks", [trunk.name]),
		"details": {},
	}
}

violations contains violation if {
	some trunk in trunks.unreadable
	violation := {
		"resource": trunk.resource,
		"entity": trunk.entity,
		"message": sprintf("trunk %v: the accepted addresses cannot be read", [trunk.entity]),
		"details": {},
	}
}
