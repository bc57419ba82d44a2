"""Each fault of certificates, services and neighbours, alone: doctor names it
and nothing else, and what doctor says to run mends it."""
from support import doctor, journey
from lab import faults_cert, faults_peer  # after doctor, which knows where

SHARDS = 'once'


def body(j):
    """All of them."""
    doctor.prove(j, faults_cert, faults_peer)


journey.main(body, limit=120)
