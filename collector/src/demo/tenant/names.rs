//! Word lists of the demo organization. Every person and place in it is invented.

/// Given names.
pub(super) const FIRST: &[&str] = &[
    "Ada", "Bruno", "Carla", "Dmitri", "Elena", "Farid", "Greta", "Hugo", "Ines", "Jonas", "Keiko", "Lars",
    "Mina", "Nils", "Olga", "Pablo", "Quinn", "Rosa", "Sven", "Tara", "Umar", "Vera", "Wim", "Xenia",
    "Yusuf", "Zoe",
];

/// Family names.
pub(super) const LAST: &[&str] = &[
    "Almeida", "Berg", "Costa", "Dahl", "Evers", "Fontaine", "Garcia", "Haas", "Ito", "Jensen", "Kowalski",
    "Lund", "Moreau", "Novak", "Okafor", "Petrov", "Quist", "Rossi", "Santos", "Tanaka", "Ueda", "Visser",
    "Weber", "Yilmaz", "Zhang",
];

/// Departments.
pub(super) const DEPARTMENTS: &[&str] = &["Service", "Sales", "Claims", "Retention", "Back Office"];

/// Divisions; the first is the home division.
pub(super) const DIVISIONS: &[&str] = &["Home", "Europe", "Americas"];

/// Business units that plan shifts.
pub(super) const BUSINESS_UNITS: &[&str] = &["Europe Service", "Americas Service"];

/// Topics queues are named after.
pub(super) const TOPICS: &[&str] =
    &["Billing", "Orders", "Returns", "Claims", "Upgrades", "Outages", "Loyalty", "Complaints"];

/// Skills a queue may ask for.
pub(super) const SKILLS: &[&str] =
    &["english", "french", "german", "spanish", "billing", "technical", "retention", "priority"];

/// Presences that move with every read.
pub(super) const PRESENCES: &[&str] =
    &["Available", "Busy", "Away", "Break", "Meeting", "Offline", "On Queue"];

/// Role name, permissions in the flat form, and whether the role demands a second factor.
///
/// Only the first two are privileged (`admin:write`, `telephony:edit`), and both demand it.
pub(super) const ROLES: &[(&str, &[&str], bool)] = &[
    ("Organization_Admin", &["admin:write", "security:role:view", "user:read", "user:write"], true),
    ("Telephony_Admin", &["telephony:edit", "telephony:view"], true),
    ("Quality_Supervisor", &["quality:edit", "quality:view", "routing:queue:view"], false),
    ("Agent", &["conversation:handle", "routing:queue:view"], false),
    ("Supervisor", &["analytics:view", "routing:queue:edit", "routing:queue:view", "user:read"], false),
    ("Workforce_Planner", &["wfm:schedule:edit", "wfm:schedule:view"], false),
    ("Security_Reviewer", &["audit:view", "security:role:view", "user:read"], true),
    ("Report_Viewer", &["analytics:view"], false),
    ("Flow_Designer", &["architect:flow:edit", "architect:flow:view"], false),
    ("Service_Desk", &["user:read", "user:write"], true),
    (
        "Evidence_Reader",
        &["audit:view", "routing:queue:view", "security:role:view", "telephony:view", "user:read"],
        true,
    ),
    ("Billing_Viewer", &["billing:view"], false),
];

/// The word at `index`, wrapped around.
pub(super) fn pick(words: &'static [&'static str], index: u8) -> &'static str {
    words.get(usize::from(index) % words.len().max(1)).copied().unwrap_or("")
}
