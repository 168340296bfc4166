// Records a CPU profile into the file that is its argument.
use pprof::protos::Message;
use std::io::Write;

#[inline(never)]
fn is_prime(number: u64) -> bool {
    (2..).take_while(|divisor| divisor * divisor <= number).all(|divisor| number % divisor != 0)
}

#[inline(never)]
fn count_primes(limit: u64) -> usize {
    (2..limit).filter(|&number| is_prime(number)).count()
}

fn main() {
    let guard = pprof::ProfilerGuardBuilder::default().frequency(250).build().unwrap();
    let began = std::time::Instant::now();
    let mut found = 0;
    while began.elapsed().as_millis() < 1500 {
        found += count_primes(20_000);
        let text: Vec<String> = (0..2000).map(|n| format!("{n:>8}")).collect();
        found += text.concat().len();
    }
    let report = guard.report().build().unwrap();
    let profile = report.pprof().unwrap();
    let mut content = Vec::new();
    profile.write_to_vec(&mut content).unwrap();
    std::fs::File::create(std::env::args().nth(1).unwrap()).unwrap().write_all(&content).unwrap();
    println!("{found}");
}
