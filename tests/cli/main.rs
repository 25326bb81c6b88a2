//! The command line from outside: a process, its exit code, what it prints and what it leaves on disk.

mod amended;
mod contradictions;
mod crash;
mod destination;
mod evaluation;
mod files;
mod foreign;
mod forgotten;
mod gate;
mod hostile;
mod interrupted;
#[cfg(feature = "inputs")]
mod kept;
mod keys;
mod labels;
mod leftovers;
mod lent;
mod lies;
mod lineage;
mod manners;
#[cfg(feature = "inputs")]
mod modality;
mod naming;
mod output;
#[cfg(feature = "inputs")]
mod own;
mod pointless;
mod policy;
mod precision;
mod process;
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
