//! The command line from outside: a process, its exit code, what it prints and what it leaves on disk.

mod amended;
#[cfg(feature = "inputs")]
mod compare;
mod contradictions;
mod crash;
mod destination;
mod evaluation;
mod files;
mod fleet;
mod foreign;
mod forgotten;
mod gate;
mod hostile;
mod interrupted;
#[cfg(feature = "inputs")]
mod kept;
mod keys;
mod labels;
#[cfg(feature = "inputs")]
mod layers;
mod leftovers;
mod lent;
mod lies;
mod lineage;
#[cfg(feature = "inputs")]
#[path = "../built/fixture.rs"]
mod made;
mod manners;
#[cfg(feature = "inputs")]
mod modality;
mod naming;
mod output;
#[cfg(feature = "inputs")]
mod own;
#[cfg(feature = "inputs")]
mod places;
mod pointless;
mod policy;
mod precision;
mod process;
mod report;
mod reproduce;
mod reproduced;
mod reproducible;
mod run;
mod several;
mod signer;
mod signing;
mod statement;
mod tamper;
mod training;
mod usage;
mod wishes;
