# Addresses and networks, IPv4 and IPv6, bare or with a prefix length.
package model.networks

# The network that `text` names; a bare address is the network of itself alone.
# Undefined for anything else, among it IPv4 addresses dressed as IPv6, which tools read differently.
cidr(text) := text if {
	is_string(text)
	regex.match(`^[0-9A-Fa-f:.]+/(0|[1-9][0-9]{0,2})$`, text)
	not dressed(text)
	net.cidr_is_valid(text)
}

cidr(text) := network if {
	is_string(text)
	regex.match(`^[0-9.]+$`, text)
	network := concat("", [text, "/32"])
	net.cidr_is_valid(network)
}

cidr(text) := network if {
	is_string(text)
	regex.match(`^[0-9A-Fa-f:.]+$`, text)
	contains(text, ":")
	not dressed(text)
	network := concat("", [text, "/128"])
	net.cidr_is_valid(network)
}

dressed(text) if {
	contains(text, ":")
	contains(text, ".")
}

dressed(text) if regex.match(`^[0:]*:ffff:`, lower(text))

readable(text) if cidr(text)

approved contains network if {
	listed
	some entry in data.approved_networks.networks
	network := cidr(entry)
}

listed if is_array(data.approved_networks.networks)

gaps contains "the list of approved networks is missing" if not listed

gaps contains "the list of approved networks is empty" if {
	listed
	count(data.approved_networks.networks) == 0
}

gaps contains gap if {
	listed
	some entry in data.approved_networks.networks
	not readable(entry)
	gap := sprintf("the list of approved networks holds an entry that is no address or network: %v", [entry])
}

# Whether one approved network holds all of `text`.
allowed(text) if {
	network := cidr(text)
	some candidate in approved
	net.cidr_contains(candidate, network)
}
