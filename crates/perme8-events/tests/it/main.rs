//! The event core on both engines.

#[cfg(test)]
mod archives;
#[cfg(test)]
mod archives_cut;
#[cfg(test)]
mod archives_needed;
#[cfg(test)]
mod archives_restored;
#[cfg(test)]
mod batches;
#[cfg(test)]
mod conformance;
#[cfg(test)]
mod dead_letters;
#[cfg(test)]
mod ephemeral;
#[cfg(test)]
mod fairness;
#[cfg(test)]
mod figures;
#[cfg(test)]
mod fixtures;
#[cfg(test)]
mod forgetting;
#[cfg(test)]
mod gate;
#[cfg(test)]
mod indexes;
#[cfg(test)]
mod jobs;
#[cfg(test)]
mod joined;
#[cfg(test)]
mod leases;
#[cfg(test)]
mod live;
#[cfg(test)]
mod members;
#[cfg(test)]
mod migrating;
#[cfg(test)]
mod opening;
#[cfg(test)]
mod operations;
#[cfg(test)]
mod orders;
#[cfg(test)]
mod people;
#[cfg(test)]
mod plan;
#[cfg(test)]
mod probe;
#[cfg(test)]
mod processes;
#[cfg(test)]
mod projections;
#[cfg(test)]
mod queue_operations;
#[cfg(test)]
mod reads;
#[cfg(test)]
mod retries;
#[cfg(test)]
mod rights;
#[cfg(test)]
mod round_trip;
#[cfg(test)]
mod sealing;
#[cfg(test)]
mod starting;
#[cfg(test)]
mod statements;
#[cfg(test)]
mod tally;
#[cfg(test)]
mod timers;
#[cfg(test)]
mod traces;
#[cfg(test)]
mod transactions;
#[cfg(test)]
mod versions;
#[cfg(test)]
mod well_done;
#[cfg(test)]
mod workers;
