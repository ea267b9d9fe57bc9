# Which addresses each trunk accepts, in one vocabulary.
#
#   accepting    {resource, entity, name, addresses} per trunk or trunk base
#   unreadable   {resource, entity} whose addresses cannot be read
#   gaps         why the platform's answers cannot be judged
package model.trunks

import data.model.genesys_cloud
import data.model.reference

accepting := reference.trunks if input.platform == "reference"

accepting := genesys_cloud.trunks if input.platform == "genesys-cloud"

unreadable := {{"resource": "telephony_trunks", "entity": id} | some id in reference.unreadable_trunks} if {
	input.platform == "reference"
}

unreadable := {{"resource": "telephony_trunk_bases", "entity": id} | some id in genesys_cloud.unreadable_trunks} if {
	input.platform == "genesys-cloud"
}

gaps := reference.trunk_gaps if input.platform == "reference"

gaps := genesys_cloud.trunk_gaps if input.platform == "genesys-cloud"
