//! What a claim says was removed, parsed: a claim that contradicts itself says nothing.

use crate::{
    classes::Forgotten,
    edit::Slot,
    methods::{self, Method},
};

use super::{
    claim::{SCOPE, claim_word, index_map, slot_name},
    statement::{NamedClass, Statement},
};

/// The removal that a statement is about.
#[derive(Debug)]
pub struct Claimed<'a> {
    /// The classes.
    pub forgotten: Forgotten,
    /// What became of their slots.
    pub slot: Slot,
    /// Whether kept slots are said to be sealed.
    pub sealed: bool,
    /// The method.
    pub method: &'static Method,
    /// The head, if it was named by hand.
    pub head: Option<&'a str>,
    /// Seed of all randomness.
    pub seed: u64,
}

impl<'a> Claimed<'a> {
    /// Reads what a statement claims.
    ///
    /// # Errors
    /// What is unknown or contradicts something else in it.
    pub fn read(statement: &'a Statement) -> Result<Self, String> {
        let predicate = &statement.predicate;
        let (asked, removal) = (&predicate.build_definition.external_parameters, &predicate.removal);
        let slot = [Slot::Drop, Slot::Keep].into_iter().find(|slot| slot_name(*slot) == asked.slot);
        let slot = slot.ok_or_else(|| format!("it names an unknown slot `{}`", asked.slot))?;
        let method = methods::by_name(&asked.method)
            .ok_or_else(|| format!("it names a method `{}` that this version does not know", asked.method))?;
        let seed = asked.seed.parse().map_err(|_| format!("its seed `{}` is none", asked.seed))?;
        require(
            asked.scope == SCOPE && removal.scope == SCOPE && removal.claim == claim_word(slot, asked.seal),
            "it is of another scope",
        )?;
        let named = removal.forgotten.iter().map(|forgotten| &forgotten.class);
        require(asked.forget.iter().eq(named), "what was asked for is not what was forgotten")?;
        require(slot == Slot::Keep || !asked.seal, "a dropped slot cannot be sealed")?;
        require(predicate.verification.seed == asked.seed, "it was verified with another seed")?;
        require(predicate.verification.result == "PASSED", "it does not say that the removal passed")?;
        // The map has a place in the file for every class, so that no number in it is larger than the file.
        let space = &removal.label_space;
        require(space.index_map.len() == space.before, "its index map is not that of its classes")?;
        let forgotten = forgotten(&asked.forget, space.before)?;
        let map = index_map(&forgotten, slot);
        require(map == space.index_map, "its index map is not that of its classes")?;
        let moved = removal.forgotten.iter().all(|class| class.index_after == map[class.class.index]);
        require(moved, "its forgotten classes are elsewhere than its index map says")?;
        require(space.after == map.iter().flatten().count(), "its label space is not that of its index map")?;
        Ok(Self { forgotten, slot, sealed: asked.seal, method, head: asked.head.as_deref(), seed })
    }
}

fn forgotten(named: &[NamedClass], classes: usize) -> Result<Forgotten, String> {
    let ascending = named.windows(2).all(|pair| pair[0].index < pair[1].index);
    require(ascending, "its forgotten classes are not in order")?;
    let indices = named.iter().map(|class| class.index).collect();
    Forgotten::from_indices(indices, classes).map_err(|error| error.to_string())
}

fn require(holds: bool, problem: &str) -> Result<(), String> {
    if holds { Ok(()) } else { Err(problem.to_owned()) }
}
