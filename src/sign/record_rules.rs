//! What a trust file says of registers: who witnesses them, who may sign which events, and what has to be there.

use serde::Deserialize;

use crate::note::{VerifierKey, WitnessKey};

/// What is asked of a register.
#[derive(Clone, Debug, Default)]
pub struct RegisterRules {
    /// Who may follow the register and cosign its checkpoints.
    pub witnesses: Vec<Witness>,
    /// Who may sign events.
    pub actors: Vec<Actor>,
    /// What must be there.
    pub required: RegisterRequired,
}

/// Somebody else who follows a register, by `[[witness]]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Witness {
    /// Its key for cosignatures.
    pub vkey: WitnessKey,
    /// Who holds it.
    pub identity: String,
}

/// Whose own signature of an event counts, by `[[actor]]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Actor {
    /// The key.
    pub vkey: VerifierKey,
    /// Who holds it.
    pub identity: String,
    /// The events that it may sign, by their names in the register.
    pub events: Vec<String>,
}

/// What must be there, by `[register]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RegisterRequired {
    /// How many witnesses must have cosigned.
    pub witnesses: usize,
    /// Whether a time-stamping service must have stamped.
    pub stamped: bool,
    /// How many of the latest entries need not be witnessed or stamped yet.
    pub lag: u64,
    /// Events that somebody who may must have signed.
    pub signed: Vec<String>,
    /// Pairs of events of one request that actors of two different identities must have signed.
    pub separate: Vec<[String; 2]>,
}

impl RegisterRules {
    /// Fails if more witnesses are asked for than are named, or one key is named twice. Whether the events can be
    /// signed as they are asked for, is for the room of the register to say, which knows them.
    pub(super) fn check(self) -> Result<Self, String> {
        let (asked, known) = (self.required.witnesses, self.witnesses.len());
        if asked > known {
            return Err(format!("`[register]` asks for {asked} witnesses, and {known} are named"));
        }
        let twice = |at: usize| self.witnesses[..at].iter().any(|it| it.vkey == self.witnesses[at].vkey);
        if let Some(at) = (0..known).find(|at| twice(*at)) {
            return Err(format!("the witness {} is there twice", self.witnesses[at].vkey.short()));
        }
        let twice = |at: usize| self.actors[..at].iter().any(|it| it.vkey == self.actors[at].vkey);
        if let Some(at) = (0..self.actors.len()).find(|at| twice(*at)) {
            return Err(format!("the actor {} is there twice", self.actors[at].vkey.short()));
        }
        // A key under two roles is of one person, whatever it is called.
        let shared = |one: &Actor, other: &Actor| {
            one.identity != other.identity && one.vkey.to_pem() == other.vkey.to_pem()
        };
        let mut pairs = self
            .actors
            .iter()
            .enumerate()
            .flat_map(|(at, one)| self.actors[..at].iter().map(move |other| (other, one)));
        match pairs.find(|(one, other)| shared(one, other)) {
            Some((one, other)) => {
                let (one, other) = (one.identity.escape_debug(), other.identity.escape_debug());
                Err(format!("one key is named for two, {one} and {other}"))
            }
            None => Ok(self),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_of_one_person_under_whatever_role() {
        let key = |role: &str, seed: u8| {
            let secret = ed25519_dalek::SigningKey::from_bytes(&[seed; 32]);
            VerifierKey::new(role.parse().unwrap(), secret.verifying_key())
        };
        let actor = |vkey: VerifierKey, identity: &str| Actor {
            vkey,
            identity: identity.to_owned(),
            events: vec!["approved".to_owned()],
        };
        let check =
            |actors: Vec<Actor>| RegisterRules { actors, ..RegisterRules::default() }.check().map(drop);
        assert_eq!(check(vec![actor(key("dpo", 1), "a@b"), actor(key("ops", 2), "c@b")]), Ok(()));
        assert_eq!(check(vec![actor(key("dpo", 1), "a@b"), actor(key("ops", 1), "a@b")]), Ok(()));
        assert!(check(vec![actor(key("dpo", 1), "a@b"), actor(key("ops", 1), "c@b")]).is_err());
        assert!(check(vec![actor(key("dpo", 1), "a@b"), actor(key("dpo", 1), "a@b")]).is_err());
    }
}
