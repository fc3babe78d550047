"""The same work with datasketch: MinHash and MinHashLSH, one thread, as its documentation shows, its batches used.

Usage: near-duplicates-datasketch.py RECORDS ANSWERS THRESHOLD PERMUTATIONS BANDS ROWS HASH COMPARE

COMPARE says how what is found is compared: `estimate` by signatures, `exact` by the sets themselves.
"""
import json
import re
import resource
import sys
import time
import unicodedata

import numpy
import xxhash
from datasketch import MinHash, MinHashLSH

records, answers, threshold, permutations, bands, rows, hashing, compare = sys.argv[1:]
threshold, permutations, bands, rows = float(threshold), int(permutations), int(bands), int(rows)
word = re.compile(r"[^\W_]+")
options = {"num_perm": permutations, "seed": 1}
if hashing == "xxhash":
    options["hashfunc"] = xxhash.xxh32_intdigest


def shingles(text):
    words = word.findall(unicodedata.normalize("NFKC", text).lower())
    if len(words) <= 3:
        return [" ".join(words).encode()]
    return [" ".join(words[at : at + 3]).encode() for at in range(len(words) - 2)]


# The permutations are the same for all, so they are drawn once; a fresh object for each text would draw them again.
first = MinHash(**options)
lsh = MinHashLSH(num_perm=permutations, params=(bands, rows))
kept = []
found = []
seconds = {"shingles": 0.0, "signatures": 0.0, "lookup": 0.0}
batch = []


def work(batch):
    started = time.process_time()
    sets = [shingles(text) for text in batch]
    cut = time.process_time()
    signatures = []
    for one in sets:
        minhash = first.copy()
        minhash.clear()
        minhash.update_batch(one)
        signatures.append(minhash)
    signed = time.process_time()
    for minhash, one in zip(signatures, sets):
        one = frozenset(one) if compare == "exact" else None
        nearest, similarity = -1, 0.0
        for key in lsh.query(minhash):
            if compare == "exact":
                common = len(one & kept[key])
                found_here = common / (len(one) + len(kept[key]) - common)
            else:
                found_here = minhash.jaccard(kept[key])
            if found_here > similarity or (found_here == similarity and key < nearest):
                nearest, similarity = key, found_here
        if similarity >= threshold:
            found.append(numbers[nearest])
        else:
            numbers.append(len(found))
            lsh.insert(len(kept), minhash, check_duplication=False)
            kept.append(minhash if one is None else one)
            found.append(-1)
    ended = time.process_time()
    seconds["shingles"] += cut - started
    seconds["signatures"] += signed - cut
    seconds["lookup"] += ended - signed


# Of each text that was kept its place in the input.
numbers = []
with open(records, encoding="utf-8") as lines:
    for line in lines:
        batch.append(json.loads(line))
        if len(batch) == 5000:
            work(batch)
            batch = []
work(batch)
numpy.array(found, dtype=numpy.int32).tofile(answers)
print(
    json.dumps(
        {
            "seconds": seconds,
            "peakBytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
            "duplicates": sum(1 for one in found if one >= 0),
        }
    )
)
