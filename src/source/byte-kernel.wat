;; Walks over bytes sixteen at a time, for texts of which JavaScript would see each byte by itself.
;; `npm run kernel` makes byte-kernel.ts of this; a test holds one against the other.
;;
;; Memory: the bytes that are looked at begin at 0; the filter and the candidates lie where the caller says.
(module
  (memory (export "memory") 1)
  ;; Where the line begins that `find` did not finish, and how many it has finished.
  (global $next (export "next") (mut i32) (i32.const 0))
  (global $lines (export "lines") (mut i32) (i32.const 0))

  ;; Bits of the first n of sixteen bytes.
  (func $first (param $n i32) (result i32)
    (i32.sub (i32.shl (i32.const 1) (local.get $n)) (i32.const 1)))

  ;; Line feeds between two places.
  (func (export "count") (param $at i32) (param $to i32) (result i32)
    (local $found i32) (local $mask i32)
    (block $done
      (loop $walk
        (br_if $done (i32.ge_u (local.get $at) (local.get $to)))
        (local.set $mask
          (i8x16.bitmask (i8x16.eq (v128.load (local.get $at)) (i8x16.splat (i32.const 10)))))
        (if (i32.gt_u (i32.add (local.get $at) (i32.const 16)) (local.get $to))
          (then (local.set $mask
            (i32.and (local.get $mask) (call $first (i32.sub (local.get $to) (local.get $at)))))))
        (local.set $found (i32.add (local.get $found) (i32.popcnt (local.get $mask))))
        (local.set $at (i32.add (local.get $at) (i32.const 16)))
        (br $walk)))
    (local.get $found))

  ;; Whether the number of quotes so far is odd, 0 or 1, going on from $odd; 2 where it is odd at a line feed.
  (func (export "parity") (param $at i32) (param $to i32) (param $quote i32) (param $odd i32) (result i32)
    (local $bytes v128) (local $feeds i32) (local $quotes i32) (local $valid i32)
    (block $done
      (loop $walk
        (br_if $done (i32.ge_u (local.get $at) (local.get $to)))
        (local.set $bytes (v128.load (local.get $at)))
        (local.set $feeds (i8x16.bitmask (i8x16.eq (local.get $bytes) (i8x16.splat (i32.const 10)))))
        (local.set $quotes (i8x16.bitmask (i8x16.eq (local.get $bytes) (i8x16.splat (local.get $quote)))))
        (if (i32.gt_u (i32.add (local.get $at) (i32.const 16)) (local.get $to))
          (then
            (local.set $valid (call $first (i32.sub (local.get $to) (local.get $at))))
            (local.set $feeds (i32.and (local.get $feeds) (local.get $valid)))
            (local.set $quotes (i32.and (local.get $quotes) (local.get $valid)))))
        (block $checked
          (loop $feed
            (br_if $checked (i32.eqz (local.get $feeds)))
            (if (i32.and (i32.const 1)
                  (i32.xor (local.get $odd)
                    (i32.popcnt (i32.and (local.get $quotes) (call $first (i32.ctz (local.get $feeds)))))))
              (then (return (i32.const 2))))
            (local.set $feeds (i32.and (local.get $feeds) (i32.sub (local.get $feeds) (i32.const 1))))
            (br $feed)))
        (local.set $odd
          (i32.and (i32.const 1) (i32.xor (local.get $odd) (i32.popcnt (local.get $quotes)))))
        (local.set $at (i32.add (local.get $at) (i32.const 16)))
        (br $walk)))
    (local.get $odd))

  ;; Mixes one more word into a hash.
  (func $mix (param $hash i32) (param $word i32) (result i32)
    (local.set $hash (i32.mul (i32.xor (local.get $hash) (local.get $word)) (i32.const 0x85ebca6b)))
    (i32.xor (local.get $hash) (i32.shr_u (local.get $hash) (i32.const 13))))

  ;; Of all bytes in their order.
  (func $sampleAll (export "sampleAll") (param $at i32) (param $to i32) (result i32)
    (local $hash i32)
    (local.set $hash (i32.mul (i32.sub (local.get $to) (local.get $at)) (i32.const 0x9e3779b1)))
    (block $done
      (loop $walk
        (br_if $done (i32.gt_u (i32.add (local.get $at) (i32.const 4)) (local.get $to)))
        (local.set $hash (call $mix (local.get $hash) (i32.load align=1 (local.get $at))))
        (local.set $at (i32.add (local.get $at) (i32.const 4)))
        (br $walk)))
    (block $over
      (loop $rest
        (br_if $over (i32.ge_u (local.get $at) (local.get $to)))
        (local.set $hash (call $mix (local.get $hash) (i32.load8_u (local.get $at))))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $rest)))
    (local.get $hash))

  ;; Of the number of bytes that are no quotes and eight of them from each end: the same however fields are quoted.
  (func $sampleEnds (export "sampleEnds") (param $from i32) (param $to i32) (param $quote i32) (param $quotes i32) (result i32)
    (local $hash i32) (local $at i32) (local $taken i32) (local $byte i32)
    (local.set $hash
      (i32.mul (i32.sub (i32.sub (local.get $to) (local.get $from)) (local.get $quotes)) (i32.const 0x85ebca6b)))
    (local.set $at (local.get $from))
    (block $done
      (loop $walk
        (br_if $done (i32.ge_u (local.get $at) (local.get $to)))
        (br_if $done (i32.ge_u (local.get $taken) (i32.const 8)))
        (local.set $byte (i32.load8_u (local.get $at)))
        (if (i32.ne (local.get $byte) (local.get $quote))
          (then
            (local.set $hash (call $mix (local.get $hash) (local.get $byte)))
            (local.set $taken (i32.add (local.get $taken) (i32.const 1)))))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $walk)))
    (local.set $taken (i32.const 0))
    (local.set $at (local.get $to))
    (block $over
      (loop $back
        (br_if $over (i32.le_u (local.get $at) (local.get $from)))
        (br_if $over (i32.ge_u (local.get $taken) (i32.const 8)))
        (local.set $at (i32.sub (local.get $at) (i32.const 1)))
        (local.set $byte (i32.load8_u (local.get $at)))
        (if (i32.ne (local.get $byte) (local.get $quote))
          (then
            (local.set $hash (call $mix (local.get $hash) (local.get $byte)))
            (local.set $taken (i32.add (local.get $taken) (i32.const 1)))))
        (br $back)))
    (local.get $hash))

  ;; The number that a line is found by: of all its bytes where it has no quote, else of its ends.
  (func $sample (param $from i32) (param $to i32) (param $quote i32) (param $quotes i32) (result i32)
    (if (result i32) (local.get $quotes)
      (then (call $sampleEnds (local.get $from) (local.get $to) (local.get $quote) (local.get $quotes)))
      (else (call $sampleAll (local.get $from) (local.get $to)))))

  ;; Writes the whole lines from $from whose number stands in the filter to $out: where each begins and ends, its
  ;; number among the lines of this call, and how many quotes it has. Ends with the last whole line or after $most.
  (func (export "find") (param $from i32) (param $to i32) (param $quote i32) (param $filter i32) (param $bits i32)
      (param $out i32) (param $most i32) (result i32)
    (local $bytes v128) (local $at i32) (local $end i32) (local $feeds i32) (local $marks i32) (local $quotes i32)
    (local $hash i32) (local $found i32) (local $line i32)
    (local.set $at (local.get $from))
    (block $done
      (loop $walk
        (br_if $done (i32.ge_u (local.get $at) (local.get $to)))
        (local.set $bytes (v128.load (local.get $at)))
        (local.set $feeds (i8x16.bitmask (i8x16.eq (local.get $bytes) (i8x16.splat (i32.const 10)))))
        (local.set $marks (i8x16.bitmask (i8x16.eq (local.get $bytes) (i8x16.splat (local.get $quote)))))
        (if (i32.eqz (local.get $feeds))
          (then
            (local.set $quotes (i32.add (local.get $quotes) (i32.popcnt (local.get $marks))))
            (local.set $at (i32.add (local.get $at) (i32.const 16)))
            (br $walk)))
        (local.set $end (i32.add (local.get $at) (i32.ctz (local.get $feeds))))
        (br_if $done (i32.ge_u (local.get $end) (local.get $to)))
        (local.set $quotes (i32.add (local.get $quotes)
          (i32.popcnt (i32.and (local.get $marks) (call $first (i32.ctz (local.get $feeds)))))))
        (local.set $at (i32.add (local.get $end) (i32.const 1)))
        ;; A carriage return before the line feed is no part of the line.
        (if (i32.gt_u (local.get $end) (local.get $from))
          (then (local.set $end (i32.sub (local.get $end)
            (i32.eq (i32.load8_u (i32.sub (local.get $end) (i32.const 1))) (i32.const 13))))))
        (local.set $hash
          (call $sample (local.get $from) (local.get $end) (local.get $quote) (local.get $quotes)))
        (local.set $hash (i32.and (local.get $hash) (local.get $bits)))
        (if (i32.and (i32.const 1)
              (i32.shr_u
                (i32.load8_u (i32.add (local.get $filter) (i32.shr_u (local.get $hash) (i32.const 3))))
                (i32.and (local.get $hash) (i32.const 7))))
          (then
            (i32.store (local.get $out) (local.get $from))
            (i32.store offset=4 (local.get $out) (local.get $end))
            (i32.store offset=8 (local.get $out) (local.get $line))
            (i32.store offset=12 (local.get $out) (local.get $quotes))
            (local.set $out (i32.add (local.get $out) (i32.const 16)))
            (local.set $found (i32.add (local.get $found) (i32.const 1)))))
        (local.set $line (i32.add (local.get $line) (i32.const 1)))
        (local.set $from (local.get $at))
        (local.set $quotes (i32.const 0))
        (br_if $done (i32.ge_u (local.get $found) (local.get $most)))
        (br $walk)))
    (global.set $next (local.get $from))
    (global.set $lines (local.get $line))
    (local.get $found))
)
