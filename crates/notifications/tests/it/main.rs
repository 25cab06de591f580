//! Notifications through their facade and the runtime, on both engines, with the real identity context beside them.

#[cfg(test)]
mod company;
#[cfg(test)]
mod fan_out;
#[cfg(test)]
mod handlers;
#[cfg(test)]
mod preferences;
#[cfg(test)]
mod reading;
