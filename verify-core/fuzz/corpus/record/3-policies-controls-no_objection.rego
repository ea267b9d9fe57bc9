package controls.no_objection

result := {"status": "PASS", "violations": [], "reason": null}
