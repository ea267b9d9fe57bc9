//! Which paths the tenant serves, how each is paged, and which entities belong to it.

use super::noise;
use super::organization::Organization;

/// Whose paths and shapes a client asked for; a token is bound to one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// The source guide's own paths, token paging.
    Reference,
    /// The real paths and field names of Genesys Cloud.
    GenesysCloud,
}

/// How a list is paged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// `nextPageToken`.
    Token,
    /// `nextUri`, `total` and `pageCount`.
    NextUri,
    /// `total` and `pageCount`, no `nextUri`.
    PageNumber,
    /// One answer with all entities.
    Single,
    /// One object.
    Root,
}

/// One path of one dialect.
#[derive(Debug)]
pub(super) struct Listing {
    pub(super) dialect: Dialect,
    pub(super) resource: &'static str,
    /// Path; `{}` stands for the parent's id.
    path: &'static str,
    pub(super) style: Style,
    pub(super) largest_page: u32,
}

impl Listing {
    /// Whether the list is read once for each entity of another one.
    pub(super) fn is_nested(&self) -> bool {
        self.path.contains("{}")
    }
}

const fn list(
    dialect: Dialect,
    resource: &'static str,
    path: &'static str,
    style: Style,
    largest_page: u32,
) -> Listing {
    Listing { dialect, resource, path, style, largest_page }
}

const REFERENCE: Dialect = Dialect::Reference;
const GENESYS: Dialect = Dialect::GenesysCloud;

/// Everything that is served, apart from sign-in and the organization itself.
pub(super) static LISTINGS: [Listing; 16] = [
    list(REFERENCE, "telephony_trunks", "/api/v2/telephony/providers/edge", Style::Token, 100),
    list(REFERENCE, "routing_queues", "/api/v2/routing/queues", Style::Token, 100),
    list(REFERENCE, "users", "/api/v2/admin/users", Style::Token, 100),
    list(REFERENCE, "security_roles", "/api/v2/security/roles", Style::Token, 100),
    list(REFERENCE, "groups", "/api/v2/admin/groups", Style::Token, 100),
    list(REFERENCE, "wfm_schedules", "/api/v2/wfm/schedules", Style::Token, 100),
    list(GENESYS, "divisions", "/api/v2/authorization/divisions", Style::NextUri, 100),
    list(GENESYS, "users", "/api/v2/users", Style::NextUri, 500),
    list(GENESYS, "security_roles", "/api/v2/authorization/roles", Style::NextUri, 100),
    list(GENESYS, "role_grants", "/api/v2/authorization/divisions/{}/grants", Style::PageNumber, 100),
    list(GENESYS, "groups", "/api/v2/groups", Style::NextUri, 500),
    list(GENESYS, "group_members", "/api/v2/groups/{}/individuals", Style::Single, u32::MAX),
    list(GENESYS, "routing_queues", "/api/v2/routing/queues", Style::NextUri, 500),
    list(GENESYS, "telephony_trunks", "/api/v2/telephony/providers/edges/trunks", Style::NextUri, 100),
    list(
        GENESYS,
        "telephony_trunk_bases",
        "/api/v2/telephony/providers/edges/trunkbasesettings",
        Style::NextUri,
        100,
    ),
    list(
        GENESYS,
        "org_auth_settings",
        "/api/v2/organizations/authentication/settings",
        Style::Root,
        u32::MAX,
    ),
];

/// Every resource name of either dialect, once.
pub(super) fn resource_names() -> Vec<&'static str> {
    let mut names: Vec<&'static str> = LISTINGS.iter().map(|listing| listing.resource).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// The listing behind a path, and the parent's id in it.
pub(super) fn find(dialect: Dialect, path: &str) -> Option<(&'static Listing, Option<&str>)> {
    LISTINGS.iter().filter(|listing| listing.dialect == dialect).find_map(|listing| {
        match listing.path.split_once("{}") {
            None => (listing.path == path).then_some((listing, None)),
            Some((before, after)) => {
                let parent = path.strip_prefix(before)?.strip_suffix(after)?;
                (!parent.is_empty() && !parent.contains('/')).then_some((listing, Some(parent)))
            }
        }
    })
}

/// Which entity stands on a page: a position, and for grants the position of the role too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Key {
    pub(super) first: u32,
    pub(super) second: u32,
}

/// Positions from here on are groups where a subject can be a user or a group.
pub(super) const GROUP_SUBJECT: u32 = 1 << 31;

/// The entities of a list in the order of the organization; `None` if the parent does not exist.
///
/// `state` is the query parameter of `/api/v2/users`, whose default shows active users alone.
pub(super) fn keys(
    organization: &Organization,
    listing: &Listing,
    parent: Option<&str>,
    state: Option<&str>,
) -> Option<Vec<Key>> {
    let users = organization.users.iter();
    let every = |count: usize| positions((0..count).map(|_| true));
    Some(match (listing.dialect, listing.resource) {
        (Dialect::GenesysCloud, "users") => match state.unwrap_or("active") {
            "any" => every(organization.users.len()),
            "inactive" => positions(users.map(|user| !user.active)),
            "active" => positions(users.map(|user| user.active)),
            _ => Vec::new(),
        },
        (_, "users") => every(organization.users.len()),
        (_, "security_roles") => every(organization.roles.len()),
        (_, "groups") => every(organization.groups.len()),
        (_, "routing_queues") => positions(organization.queues.iter().map(|queue| !queue.removed)),
        (_, "telephony_trunks" | "telephony_trunk_bases") => every(organization.trunks.len()),
        (_, "wfm_schedules") => every(organization.schedules.len()),
        (_, "divisions") => every(super::names::DIVISIONS.len()),
        (_, "org_auth_settings") => every(1),
        (_, "group_members") => {
            let group = find_uuid(organization, "group", organization.groups.len(), parent?)?;
            let members = &organization.groups.get(group)?.members;
            members.iter().map(|member| Key { first: *member, second: 0 }).collect()
        }
        (_, "role_grants") => {
            let division = find_uuid(organization, "division", super::names::DIVISIONS.len(), parent?)?;
            grants(organization, division)
        }
        _ => return None,
    })
}

fn positions(shown: impl Iterator<Item = bool>) -> Vec<Key> {
    let shown = (0_u32..).zip(shown);
    shown.filter(|(_, shown)| *shown).map(|(first, _)| Key { first, second: 0 }).collect()
}

/// Role grants in one division: a user's roles in the user's division, a group's roles at home.
fn grants(organization: &Organization, division: usize) -> Vec<Key> {
    let users = (0_u32..).zip(&organization.users);
    let users = users
        .filter(|(_, user)| usize::from(user.division) == division)
        .flat_map(|(first, user)| user.roles.iter().map(move |role| Key { first, second: u32::from(*role) }));
    let groups = (GROUP_SUBJECT..).zip(&organization.groups).filter(|_| division == 0);
    let groups = groups.flat_map(|(first, group)| {
        group.roles.iter().map(move |role| Key { first, second: u32::from(*role) })
    });
    users.chain(groups).collect()
}

/// The id an entity has in the `genesys-cloud` dialect.
pub(super) fn uuid(organization: &Organization, kind: &str, index: usize) -> String {
    noise::uuid(&[organization.seed, noise::number_of(kind), index as u64])
}

fn find_uuid(organization: &Organization, kind: &str, count: usize, id: &str) -> Option<usize> {
    (0..count).find(|index| uuid(organization, kind, *index) == id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_belongs_to_one_dialect_or_both_with_their_own_paging() {
        let (reference, _) = find(Dialect::Reference, "/api/v2/routing/queues").unwrap();
        let (genesys, _) = find(Dialect::GenesysCloud, "/api/v2/routing/queues").unwrap();
        assert_eq!((reference.style, genesys.style), (Style::Token, Style::NextUri));
        assert!(find(Dialect::Reference, "/api/v2/users").is_none());
        assert!(find(Dialect::GenesysCloud, "/api/v2/groups//individuals").is_none());
        let (members, parent) = find(Dialect::GenesysCloud, "/api/v2/groups/abc/individuals").unwrap();
        assert_eq!((members.resource, parent), ("group_members", Some("abc")));
    }

    #[test]
    fn inactive_users_are_hidden_unless_asked_for() {
        let organization = Organization::generate(3, 400);
        let (users, _) = find(Dialect::GenesysCloud, "/api/v2/users").unwrap();
        let count = |state| keys(&organization, users, None, state).unwrap().len();
        assert_eq!(count(Some("any")), 400);
        assert_eq!(count(None) + count(Some("inactive")), 400);
        assert!(count(None) < 400);
        assert_eq!(count(Some("deleted")), 0);
    }

    #[test]
    fn grants_of_all_divisions_are_all_roles_held() {
        let organization = Organization::generate(3, 400);
        let total: usize = (0..3).map(|division| grants(&organization, division).len()).sum();
        let held: usize = organization.users.iter().map(|user| user.roles.len()).sum();
        assert_eq!(total, held + 3);
    }
}
