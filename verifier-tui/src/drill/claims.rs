//! What a delivery claims. An attack on something that nobody claims is neither caught nor missed.

use verify_core::finding::Code;
use verify_core::verify::Group;

use super::attack::Attack;
use super::evidence::Evidence;

/// What a sample does not claim: that nothing is absent, and by which rules the records left out were made (F-135).
const NOT_OF_A_SAMPLE: [Code; 7] = [
    Code::ChainGenesis,
    Code::ChainGap,
    Code::ChainCadence,
    Code::ChainPeriod,
    Code::ChainTruncated,
    Code::RulesUnapproved,
    Code::RulesBaseline,
];

/// Why an attack on a sample is not evaluated.
pub(super) const SAMPLE: &str = "a sample does not claim it";

/// Why an attack is not evaluated on this evidence, if nothing is expected of any check.
pub(super) fn unclaimed(evidence: &Evidence) -> &'static str {
    if evidence.is_sample() { SAMPLE } else { "one package alone is no chain" }
}

/// Whether a check compares records with each other, with a schedule, or with what was kept of the chain.
const fn needs_a_chain(code: Code) -> bool {
    matches!(Group::of(code), Group::Chain | Group::Coverage | Group::Rules | Group::Anchors)
}

/// The checks that name the attack on this evidence, and the groups they are in beside structure and chain. None if
/// the evidence claims nothing that the attack contradicts.
///
/// In a sample every record stands on its own proof of membership, so the check of that proof names whatever
/// changes a record, too.
pub(super) fn expected(evidence: &Evidence, attack: &Attack) -> (Vec<Code>, Vec<Group>) {
    let (mut codes, mut groups) = (attack.expects.to_vec(), attack.groups.to_vec());
    if evidence.is_sample() {
        codes.retain(|code| !NOT_OF_A_SAMPLE.contains(code));
        if !codes.is_empty() && !codes.contains(&Code::SigBind) {
            codes.push(Code::SigBind);
            groups.push(Group::Signatures);
        }
    }
    if evidence.is_one_package() {
        codes.retain(|code| !needs_a_chain(*code));
        if codes.contains(&Code::PkgZipPrefix) {
            // The copy has no name that would make a package of it: what is none by its first bytes is no evidence.
            codes.push(Code::ChainEmpty);
        }
    }
    (codes, groups)
}
