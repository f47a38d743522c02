#include "support.h"

#include <pthread.h>

static pthread_mutex_t mutex;

static ASYNC void app(void)
{
    pthread_mutex_lock(&mutex);
    AWAIT(brio_sleep(1));
    pthread_mutex_unlock(&mutex);
}

// warning: 10:5: 'mutex' is held across this: another task of the thread that wants it stops the loop [-Wbrio-mutex]
