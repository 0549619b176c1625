"""Background work (処理): the job row and outbox, the envelope Celery carries, progress a person can see."""
