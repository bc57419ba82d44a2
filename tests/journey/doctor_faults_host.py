"""Each fault of the host and of names, alone: doctor names it and nothing
else, and what doctor says to run mends it."""
from support import doctor, journey
from lab import faults_dns, faults_host  # after doctor, which knows where

SHARDS = 'once'


def body(j):
    """All of them."""
    doctor.prove(j, faults_host, faults_dns)


journey.main(body, limit=150)
